/**
 * A stream's reader: takes what is here at its pace, from the instant at which a player would begin, and counts how
 * often and how long it had to wait.
 */
import type { Node } from './node.ts'
import type { World } from './world.ts'

/** How often it looks for more. */
const lookMs = 20

export class StreamReader {
  readonly #world: World
  readonly #node: Node
  #isStalled = false

  constructor(world: World, node: Node) {
    this.#world = world
    this.#node = node
  }

  start(): void {
    const { time } = this.#world
    time.at(time.now + (this.#node.plan.readAfterMs ?? 0), () => this.#read())
  }

  #read(): void {
    const [world, node] = [this.#world, this.#node]
    if (node.isGone) return
    const { geometry, swarm } = world.file
    const { have, flights } = node.engine.core.swarms.get(swarm)!
    const bytes = ((node.plan.readBytesPerSecond ?? Number.POSITIVE_INFINITY) * lookMs) / 1_000
    const due = Math.min(node.readAt + bytes, geometry.fileBytes)
    let to = due
    for (let index = geometry.chunkAt(node.readAt); geometry.startOf(index) < to; index++) {
      if (!have.has(index)) to = geometry.startOf(index)
    }
    node.readAt = Math.max(node.readAt, to)
    this.#count(node.readAt < due)
    let aheadBytes = 0
    for (let index = geometry.chunkAt(node.readAt); index < geometry.chunkCount; index++) {
      if (have.has(index) || flights.has(index)) aheadBytes += geometry.lengthOf(index)
    }
    node.aheadBytesMax = Math.max(node.aheadBytesMax, aheadBytes)
    if (node.readAt === geometry.fileBytes) return world.done(node)
    world.input(node, { type: 'reading', swarm, want: 1, position: node.readAt })
    world.time.at(world.time.now + lookMs, () => this.#read())
  }

  #count(isStalled: boolean): void {
    if (isStalled) this.#node.stallMs += lookMs
    if (isStalled && !this.#isStalled) this.#node.stallCount++
    this.#isStalled = isStalled
  }
}
