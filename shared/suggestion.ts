/** Finds what a person probably meant by a mistyped word. */

/** More edits than this and the guess says more about us than about the word. */
const editsMax = 2

/** What is this long may be the beginning of what was meant. */
const beginningMin = 5

/** The fewest insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function edits(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, beforeLast[j - 2]! + 1)
      row.push(best)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}

/** ` (did you mean port?)`, or nothing when no known word is near. */
export function suggestion(word: string, known: readonly string[]): string {
  const lengthMax = Math.max(...known.map((one) => one.length)) + editsMax
  if (word.length > lengthMax) return ''
  const near = known
    .map((one) => ({ one, distance: edits(word, one) }))
    .filter(({ one, distance }) => distance <= editsMax && distance < one.length - 1)
    .sort((a, b) => a.distance - b.distance)[0]?.one
  const meant = near ?? (word.length >= beginningMin ? known.find((one) => one.startsWith(word)) : undefined)
  return meant === undefined ? '' : ` (did you mean ${meant}?)`
}
