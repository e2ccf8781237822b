/**
 * What is due when, to the second: setting, moving and clearing cost the same however many there are. Knows nothing of
 * what is due.
 */

const slotMs = 1_000

export class Deadlines<T> {
  readonly #slots = new Map<number, Set<T>>()
  readonly #slotOf = new Map<T, number>()
  /** Everything before this slot was given out. */
  #next = 0

  get size(): number {
    return this.#slotOf.size
  }

  /** In the place of the item's former deadline, if it had one. Never early, and at most a second late. */
  set(item: T, atMs: number): void {
    this.clear(item)
    const slot = Math.max(this.#next, Math.ceil(atMs / slotMs))
    const items = this.#slots.get(slot)
    if (items === undefined) this.#slots.set(slot, new Set([item]))
    else items.add(item)
    this.#slotOf.set(item, slot)
  }

  /** The same, unless the item's deadline is later already. */
  extend(item: T, atMs: number): void {
    if ((this.#slotOf.get(item) ?? -1) < Math.ceil(atMs / slotMs)) this.set(item, atMs)
  }

  clear(item: T): void {
    const slot = this.#slotOf.get(item)
    if (slot === undefined) return
    this.#slotOf.delete(item)
    const items = this.#slots.get(slot)!
    items.delete(item)
    if (items.size === 0) this.#slots.delete(slot)
  }

  /** Takes out what is due. */
  take(now: number): T[] {
    const last = Math.floor(now / slotMs)
    if (last < this.#next) return []
    const due: T[] = []
    // After a long silence there are fewer slots than seconds.
    const slots =
      last - this.#next > this.#slots.size
        ? [...this.#slots.keys()].filter((slot) => slot <= last)
        : Array.from({ length: last - this.#next + 1 }, (_, i) => this.#next + i)
    for (const slot of slots) {
      for (const item of this.#slots.get(slot) ?? []) {
        this.#slotOf.delete(item)
        due.push(item)
      }
      this.#slots.delete(slot)
    }
    this.#next = last + 1
    return due
  }
}
