/** Seeded randomness (sfc32, by Chris Doty-Humphrey): the same seed gives the same stream on every machine. */

export interface Rng {
  /** An integer in [0, 2^32). */
  uint32(): number
  /** A float in [0, 1). */
  fraction(): number
  /** An integer in [0, bound). */
  below(bound: number): number
}

/** @param seed four 32-bit words; fewer distinct bits give fewer distinct streams */
export function createRng(seed: readonly [number, number, number, number]): Rng {
  let [a, b, c, counter] = seed
  const uint32 = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 15; i++) uint32()
  const fraction = () => uint32() / 0x1_0000_0000
  return { uint32, fraction, below: (bound) => Math.floor(fraction() * bound) }
}

/** Puts `count` random elements at the front of the array, in random order (a partial Fisher–Yates shuffle). */
export function shuffleFront<T>(array: T[], count: number, rng: Rng): void {
  const end = Math.min(count, array.length)
  for (let i = 0; i < end; i++) {
    const j = i + rng.below(array.length - i)
    const swapped = array[i]!
    array[i] = array[j]!
    array[j] = swapped
  }
}
