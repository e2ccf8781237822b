/** Work on many things, a few of them at a time. */

/** @param signal ends it after what is at work by then */
export async function forEachAtOnce<Item>(
  items: readonly Item[],
  countMax: number,
  signal: AbortSignal,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = [...items].reverse()
  const worker = async () => {
    for (let next = left.pop(); next !== undefined && !signal.aborted; next = left.pop()) await work(next)
  }
  await Promise.all(Array.from({ length: countMax }, worker))
}
