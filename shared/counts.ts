/** Counts of each of a known set of kinds. Knows nothing of what is counted. */

export function zeroCounts<Kind extends string>(kinds: readonly Kind[]): Record<Kind, number> {
  // Object.fromEntries has lost the names of the keys by its type.
  return Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Kind, number>
}
