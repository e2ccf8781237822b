/**
 * Who can link to whom, over which path, and how long it takes. Stands for what ICE, DTLS and SCTP do between two
 * engines that signal each other through the tracker.
 */
import type { Description } from '../../client/core/engine-events.ts'
import type { PeerId } from '../../shared/ids.ts'
import { HalfLink, type LinkListener, type Path } from './model-link.ts'
import type { Node } from './node.ts'
import type { VirtualTime } from './virtual-time.ts'

/** ICE, DTLS and SCTP take about four round trips. */
const openingRoundTrips = 4

export interface NetworkPlan {
  /** One way, in milliseconds, between regions; beside it, every path has both ends' own delays. */
  delayMsByRegion?: readonly (readonly number[])[]
  lossShare?: number
}

export interface NetworkListener extends LinkListener {
  signal(node: Node, peer: PeerId, description: Description): void
  opened(half: HalfLink): void
  closed(node: Node, peer: PeerId): void
}

export class Network {
  readonly #time: VirtualTime
  readonly #plan: NetworkPlan
  readonly #listener: NetworkListener
  readonly #calls = new Map<string, HalfLink>()
  #linkCount = 0
  /** Links that became open. */
  openedCount = 0

  constructor(time: VirtualTime, plan: NetworkPlan, listener: NetworkListener) {
    this.#time = time
    this.#plan = plan
    this.#listener = listener
  }

  path(a: Node, b: Node): Path {
    const between = this.#plan.delayMsByRegion?.[a.plan.region ?? 0]?.[b.plan.region ?? 0] ?? 0
    return { delayMs: a.plan.delayMs + b.plan.delayMs + between, lossShare: this.#plan.lossShare ?? 0 }
  }

  dial(node: Node, peer: PeerId, initiator: boolean): void {
    const key = `${++this.#linkCount}`
    const link = new HalfLink(node, peer, this.#time, this.#listener)
    node.links.set(peer, link)
    if (!initiator) return
    this.#calls.set(key, link)
    this.#time.at(this.#time.now + 1, () => {
      if (node.links.get(peer) === link) this.#listener.signal(node, peer, { type: 'offer', sdp: key })
      else this.#calls.delete(key)
    })
  }

  /** A description that came through the tracker. */
  signalled(node: Node, peer: PeerId, description: Description, callee: Node | undefined): void {
    const link = node.links.get(peer)
    const caller = this.#calls.get(description.sdp)
    if (!link || !caller) return
    if (description.type === 'offer') {
      link.other = caller
      this.#listener.signal(node, peer, { type: 'answer', sdp: description.sdp })
      return
    }
    this.#calls.delete(description.sdp)
    const other = [...(callee?.links.values() ?? [])].find((half) => half.other === link)
    if (!callee || !other) return
    link.other = other
    // Neither lets the other in: nothing ever opens.
    if (node.plan.isWalled && callee.plan.isWalled) return
    const path = this.path(node, callee)
    link.path = path
    other.path = path
    this.#time.at(this.#time.now + 2 * openingRoundTrips * path.delayMs, () => this.#open(link, other))
  }

  #open(link: HalfLink, other: HalfLink): void {
    for (const half of [link, other]) if (half.owner.links.get(half.peer) !== half) return
    this.openedCount++
    for (const half of [link, other]) {
      half.isOpen = true
      this.#listener.opened(half)
    }
  }

  break(link: HalfLink): void {
    link.owner.links.delete(link.peer)
    const { other } = link
    link.close()
    if (!other || other.owner.links.get(other.peer) !== other) return
    // What was sent before arrives before.
    this.#time.at(this.#time.now + link.path.delayMs, () => {
      if (other.owner.links.get(other.peer) !== other) return
      other.owner.links.delete(other.peer)
      other.close()
      this.#listener.closed(other.owner, other.peer)
    })
  }
}
