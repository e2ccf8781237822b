/** Virtual time: events in order of their instant, those of one instant in the order in which they were planned. */

interface Event {
  at: number
  order: number
  run: () => void
}

export class VirtualTime {
  now = 0
  #order = 0
  readonly #heap: Event[] = []

  at(at: number, run: () => void): void {
    const heap = this.#heap
    heap.push({ at: Math.max(at, this.now), order: this.#order++, run })
    let child = heap.length - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (isBefore(heap[parent]!, heap[child]!)) break
      swap(heap, parent, child)
      child = parent
    }
  }

  /** Runs events until `isOver` says so, none is left, or the time is `untilMs`. @returns how many ran */
  run(untilMs: number, isOver: () => boolean = () => false): number {
    let count = 0
    while (this.#heap.length > 0 && this.#heap[0]!.at <= untilMs && !isOver()) {
      const event = this.#take()
      this.now = event.at
      event.run()
      count++
    }
    return count
  }

  #take(): Event {
    const heap = this.#heap
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    heap[0] = last
    for (let parent = 0; ; ) {
      let child = 2 * parent + 1
      if (child >= heap.length) return first
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (isBefore(heap[parent]!, heap[child]!)) return first
      swap(heap, parent, child)
      parent = child
    }
  }
}

const isBefore = (a: Event, b: Event) => a.at < b.at || (a.at === b.at && a.order < b.order)

function swap(heap: Event[], a: number, b: number): void {
  const held = heap[a]!
  heap[a] = heap[b]!
  heap[b] = held
}
