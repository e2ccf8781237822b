/**
 * The mesh that a tracker's introductions make among 200 peers of four regions, without files and lines: who is told of
 * whom, links that fail behind address translation, peers that come and go. Cheap enough for a thousand seeds.
 */
import { assert } from '../../shared/assert.ts'
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import { createRng } from '../../shared/rng.ts'
import type { Signal } from '../../shared/tracker-messages.ts'
import { TrackerMachine } from '../../tracker/core/tracker-machine.ts'
import { realAddress } from './real-addresses.ts'

const regionCount = 4
const peersPerRegion = 50
const swarm = 'a'.repeat(40) as SwarmId

/** What a client tries to have (client/core/settings.ts, linkTargetCount). */
const linkTarget = 8

/** Two of these cannot link: address translation of the kind that lets in nobody. */
const walledPercent = 30

/** Of those that are there, how many leave for each that comes, once a half has come. */
const leavingPercent = 30

const msBetweenJoins = 300

/** Peers that miss links ask again about this often. */
const msBetweenAsks = 15_000

/** After the last has come, until all have asked a second time. */
const settlingTicks = Math.ceil((msBetweenAsks * 1.2) / msBetweenJoins)

export interface CoreMesh {
  /** Into how many parts the peers fall that are there in the end. */
  partCount: number
  peerCount: number
  /** Of all links, those between two of one region. */
  regionShare: number
}

/** As long as a data channel's offer: who calls those it was told of is told of others. */
const call: Signal = { session: 's', description: { type: 'offer', sdp: 'v=0\r\n'.padEnd(500, 'x') } }

interface MeshPeer {
  id: PeerId
  region: number
  isWalled: boolean
  links: Set<MeshPeer>
  asksAt: number
}

export function meshOf(seed: number): CoreMesh {
  const rng = createRng([seed, 7, 7, 7])
  const machine = new TrackerMachine({ rng, limits: { connectionsPerAddressMax: 1_000 } })
  const here = new Map<PeerId, MeshPeer>()
  const total = regionCount * peersPerRegion
  const ask = (peer: MeshPeer, now: number): void => {
    peer.asksAt = now + msBetweenAsks * (0.8 + rng.fraction() * 0.4)
    const want = Math.max(0, linkTarget - peer.links.size)
    const effects = machine.receive(peer.id, JSON.stringify({ type: 'join', swarm, have: 0.5, want }), now)
    const [answer] = effects
    assert(answer?.type === 'send' && answer.message.type === 'peers', 'every join is answered')
    for (const { id } of answer.message.peers) {
      machine.receive(peer.id, JSON.stringify({ type: 'signal', to: id, signal: call }), now)
      const other = here.get(id)!
      if (peer.isWalled && other.isWalled) continue
      peer.links.add(other)
      other.links.add(peer)
    }
  }
  for (let i = 0; i < total; i++) {
    const now = i * msBetweenJoins
    const region = i % regionCount
    const { address } = realAddress(region, rng)
    const id = String(i).padStart(22, 'p') as PeerId
    machine.connect(id, Uint8Array.from(address), { region: `region-${region}` }, now)
    const peer: MeshPeer = { id, region, isWalled: rng.below(100) < walledPercent, links: new Set(), asksAt: now }
    here.set(id, peer)
    askAgain(now)
    if (i > total / 2 && rng.below(100) < leavingPercent) leave([...here.values()][rng.below(here.size)]!)
  }
  // Whoever came last has had one answer, and behind a wall it may have named only peers behind walls: its next one counts.
  for (let i = 0; i < settlingTicks; i++) askAgain((total + i) * msBetweenJoins)
  function askAgain(now: number): void {
    for (const one of here.values()) if (now >= one.asksAt) ask(one, now)
  }
  function leave(peer: MeshPeer): void {
    machine.disconnect(peer.id)
    here.delete(peer.id)
    for (const other of peer.links) other.links.delete(peer)
  }
  return describe([...here.values()])
}

function describe(peers: readonly MeshPeer[]): CoreMesh {
  const unseen = new Set(peers)
  let partCount = 0
  for (const first of peers) {
    if (!unseen.delete(first)) continue
    partCount++
    const queue = [first]
    for (let peer = queue.pop(); peer !== undefined; peer = queue.pop()) {
      for (const other of peer.links) if (unseen.delete(other)) queue.push(other)
    }
  }
  let linkCount = 0
  let nearCount = 0
  for (const { region, links } of peers) {
    linkCount += links.size
    for (const other of links) if (other.region === region) nearCount++
  }
  return { partCount, peerCount: peers.length, regionShare: nearCount / linkCount }
}
