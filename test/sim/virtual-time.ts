/**
 * Virtual time: events in order of their instant, those of one instant in the order in which they were planned. A
 * binary heap in flat arrays: a swarm of thousands plans millions of events, and none of them needs a record of its own.
 */

/** Something that is due at an instant that it was planned for. What happens often is its own event. */
export interface Due {
  due(): void
}

const firstSize = 1_024

export class VirtualTime {
  now = 0
  /** How many events have run. */
  count = 0
  #order = 0
  #size = 0
  #ats = new Float64Array(firstSize)
  #orders = new Float64Array(firstSize)
  #items: (Due | undefined)[] = []

  at(at: number, run: () => void): void {
    this.plan(at, { due: run })
  }

  plan(at: number, item: Due): void {
    if (this.#size === this.#ats.length) this.#grow()
    const instant = Math.max(at, this.now)
    const order = this.#order++
    let place = this.#size++
    while (place > 0) {
      const parent = (place - 1) >> 1
      // Of one instant, the one already there was planned before.
      if (this.#ats[parent]! <= instant) break
      this.#move(parent, place)
      place = parent
    }
    this.#put(place, instant, order, item)
  }

  /** Runs events until `isOver` says so, none is left, or the time is `untilMs`. @returns how many ran */
  run(untilMs: number, isOver: () => boolean = () => false): number {
    const before = this.count
    while (this.#size > 0 && this.#ats[0]! <= untilMs && !isOver()) {
      this.now = this.#ats[0]!
      this.count++
      this.#take().due()
    }
    return this.count - before
  }

  #take(): Due {
    const first = this.#items[0]!
    const size = --this.#size
    const at = this.#ats[size]!
    const order = this.#orders[size]!
    const last = this.#items[size]!
    this.#items[size] = undefined
    if (size === 0) return first
    let place = 0
    for (let child = 1; child < size; child = 2 * place + 1) {
      if (child + 1 < size && this.#isBefore(child + 1, child)) child++
      const childAt = this.#ats[child]!
      if (at < childAt || (at === childAt && order < this.#orders[child]!)) break
      this.#move(child, place)
      place = child
    }
    this.#put(place, at, order, last)
    return first
  }

  #isBefore(a: number, b: number): boolean {
    const [atA, atB] = [this.#ats[a]!, this.#ats[b]!]
    return atA < atB || (atA === atB && this.#orders[a]! < this.#orders[b]!)
  }

  #move(from: number, to: number): void {
    this.#ats[to] = this.#ats[from]!
    this.#orders[to] = this.#orders[from]!
    this.#items[to] = this.#items[from]
  }

  #put(place: number, at: number, order: number, item: Due): void {
    this.#ats[place] = at
    this.#orders[place] = order
    this.#items[place] = item
  }

  #grow(): void {
    const [ats, orders] = [this.#ats, this.#orders]
    this.#ats = new Float64Array(2 * ats.length)
    this.#orders = new Float64Array(2 * ats.length)
    this.#ats.set(ats)
    this.#orders.set(orders)
  }
}
