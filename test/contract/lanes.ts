/** What a link with lanes does beyond any other link, over whatever connections a dialer makes. */
import type { Dialer, Link, LinkEvents, LinkSignal } from '../../client/ports.ts'
import { createLanedDialer } from '../../client/shell/laned-dialer.ts'
import { encodeLaneSignal, encodeNumbered, lanesLine } from '../../shared/lane-frames.ts'
import { KiB, laneCountMax } from '../../shared/limits.ts'
import { encodeWire } from '../../shared/wire.ts'
import { type ContractCase, check, checkEqual, Inbox } from './contract.ts'

const payload = new Uint8Array(64 * KiB)
const data = (index: number, offset = 0) => encodeWire({ type: 'data', slot: 0, index, offset, payload })
const ping = (nonce: number) => encodeWire({ type: 'ping', nonce })

/** One end of a link, and the connections that it is made of. */
class End {
  readonly link: Link
  /** The connections that it began, in order, and those of them that are open or over. */
  readonly connections: Link[] = []
  readonly openCount = new Inbox<number>('open connections')
  readonly overCount = new Inbox<number>('connections that are over')
  readonly frames = new Inbox<Uint8Array>('frames')
  readonly drained = new Inbox<number>('drained')
  readonly closed = new Inbox<string>('closed')
  readonly opened = new Inbox<number>('opened')
  onSignal: (signal: LinkSignal) => void = () => {}

  constructor(dialer: Dialer, initiator: boolean, isLaned = true) {
    const counted: Dialer = { dial: (isCaller, events) => this.#dial(dialer, isCaller, events) }
    this.link = (isLaned ? createLanedDialer(counted) : counted).dial(initiator, {
      signal: (signal) => this.onSignal(signal),
      open: this.opened.push,
      frame: this.frames.push,
      drained: this.drained.push,
      closed: this.closed.push,
    })
  }

  #dial(dialer: Dialer, initiator: boolean, events: LinkEvents): Link {
    const number = this.connections.length
    const link = dialer.dial(initiator, {
      ...events,
      open: (frameBytesMax) => {
        events.open(frameBytesMax)
        this.openCount.push(number)
      },
      closed: (reason) => {
        events.closed(reason)
        this.overCount.push(number)
      },
    })
    this.connections.push(link)
    return link
  }

  /** Sends whole chunks, as many frames at a time as there is room for. */
  async serve(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const drainedCount = this.drained.all.length
      if (this.link.roomBytes <= 0) await this.drained.reach(drainedCount + 1)
      this.link.send(data(index))
    }
  }
}

async function openPair(dialer: Dialer, areLaned: [boolean, boolean] = [true, true]): Promise<[End, End]> {
  const a = new End(dialer, true, areLaned[0])
  const b = new End(dialer, false, areLaned[1])
  a.onSignal = (signal) => b.link.signal(signal)
  b.onSignal = (signal) => a.link.signal(signal)
  await Promise.all([a.opened.reach(1), b.opened.reach(1)])
  return [a, b]
}

/** A pair of which `a` has served `b`, and `b` has opened lanes. */
async function openWide(dialer: Dialer): Promise<[End, End]> {
  const [a, b] = await openPair(dialer)
  await a.serve(8)
  await b.frames.reach(8)
  b.link.widen?.(1 + laneCountMax)
  await Promise.all([a.openCount.reach(1 + laneCountMax), b.openCount.reach(1 + laneCountMax)])
  return [a, b]
}

async function closePair([a, b]: [End, End]): Promise<void> {
  a.link.close()
  b.link.close()
  await Promise.all([a.closed.reach(1), b.closed.reach(1)])
}

const indexOf = (frame: Uint8Array) => new DataView(frame.buffer, frame.byteOffset).getUint32(3)
const isData = (frame: Uint8Array) => frame[0] === 0x10

type Case = (dialer: Dialer) => Promise<void>

const cases: Record<string, Case> = {
  '[S62] everything arrives once, and what is said after all that went before it': async (dialer) => {
    const ends = await openWide(dialer)
    const [a, b] = ends
    const roomAtFirst = a.connections[0]!.roomBytes
    check(a.link.roomBytes > 3 * roomAtFirst, `room of ${a.link.roomBytes} with four connections`)
    for (let round = 0; round < 8; round++) {
      await a.serve(40)
      a.link.send(ping(round))
      // Both ways at once.
      b.link.send(ping(round))
    }
    const frames = (await b.frames.reach(8 + 8 * 41)).slice(8)
    for (let round = 0; round < 8; round++) {
      const said = frames.findIndex((frame) => frame[0] === 0x09 && frame[4] === round)
      check(said >= 0, `ping ${round} is missing`)
      const before = frames.slice(0, said).filter(isData).length
      check(before >= 40 * (round + 1), `${before} chunks before ping ${round}`)
    }
    const indexes = frames.filter(isData).map(indexOf)
    checkEqual(
      indexes.sort((x, y) => x - y),
      Array.from({ length: 320 }, (_, place) => Math.floor(place / 8)),
      'chunks',
    )
    checkEqual((await a.frames.reach(8)).length, 8, 'pings of the other side')
    await closePair(ends)
  },

  '[S62] the parts of a chunk arrive in order': async (dialer) => {
    const ends = await openWide(dialer)
    const [a, b] = ends
    for (let part = 0; part < 48; part++) a.link.send(data(100, part * payload.length))
    const frames = (await b.frames.reach(8 + 48)).slice(8)
    const offsets = frames.map((frame) => new DataView(frame.buffer, frame.byteOffset).getUint32(7) / payload.length)
    checkEqual(offsets, [...offsets.keys()], 'parts')
    await closePair(ends)
  },

  '[S60] lanes that are wanted no longer are closed, and the link goes on': async (dialer) => {
    const ends = await openWide(dialer)
    const [a, b] = ends
    await a.serve(40)
    b.link.widen?.(1)
    await Promise.all([a.overCount.reach(laneCountMax), b.overCount.reach(laneCountMax)])
    await a.serve(4)
    a.link.send(ping(1))
    const frames = await b.frames.reach(8 + 40 + 4 + 1)
    checkEqual(frames.at(-1), ping(1), 'the last frame')
    checkEqual([...a.closed.all, ...b.closed.all], [], 'ends')
    b.link.widen?.(2)
    await a.openCount.reach(2 + laneCountMax)
    await closePair(ends)
  },

  '[S61] who has served nobody opens none for others, and the link goes on': async (dialer) => {
    const ends = await openPair(dialer)
    const [a, b] = ends
    b.link.widen?.(1 + laneCountMax)
    await b.overCount.reach(laneCountMax)
    checkEqual(a.connections.length, 1, 'connections')
    await a.serve(1)
    await b.frames.reach(1)
    await closePair(ends)
  },

  '[S61] a peer that opens more lanes than it may is refused them': async (dialer) => {
    const a = new End(dialer, true)
    const forger = new End(dialer, false, false)
    a.onSignal = (signal) => {
      if (!('description' in signal)) return forger.link.signal(signal)
      const { type, sdp } = signal.description
      forger.link.signal({ description: { type, sdp: sdp.replace(lanesLine, '') } })
    }
    forger.onSignal = (signal) => {
      if (!('description' in signal)) return a.link.signal(signal)
      const { type, sdp } = signal.description
      a.link.signal({ description: { type, sdp: sdp + lanesLine } })
    }
    await Promise.all([a.opened.reach(1), forger.opened.reach(1)])
    await a.serve(64)
    const lanes: Link[] = []
    const offers = new Inbox<number>('offers')
    const ignored = { open: () => {}, frame: () => {}, drained: () => {}, closed: () => {} }
    for (let place = 1; place <= laneCountMax + 3; place++) {
      const signal = (step: LinkSignal) => {
        forger.link.send(encodeLaneSignal(2 * place, step))
        if ('description' in step) offers.push(place)
      }
      lanes.push(dialer.dial(true, { ...ignored, signal }))
    }
    await offers.reach(laneCountMax + 3)
    forger.link.send(ping(1))
    await a.frames.reach(1)
    checkEqual(a.connections.length, 1 + laneCountMax, 'connections')
    for (const lane of lanes) lane.close()
    // What has no place in any order ends the link.
    forger.link.send(encodeNumbered(4_000_000_000, ping(2), new Uint8Array(0)))
    await a.closed.reach(1)
    forger.link.close()
  },

  '[S62] with a peer that knows no lanes there is one connection': async (dialer) => {
    for (const areLaned of [
      [true, false],
      [false, true],
    ] as [boolean, boolean][]) {
      const a = new End(dialer, true, areLaned[0])
      const b = new End(dialer, false, areLaned[1])
      // Who knows no lanes passes over the line that tells of them.
      const relay = (to: End) => (signal: LinkSignal) => {
        if (!('description' in signal)) return to.link.signal(signal)
        const { type, sdp } = signal.description
        to.link.signal({ description: { type, sdp: areLaned[to === a ? 0 : 1] ? sdp : sdp.replace(lanesLine, '') } })
      }
      a.onSignal = relay(b)
      b.onSignal = relay(a)
      await Promise.all([a.opened.reach(1), b.opened.reach(1)])
      await a.serve(8)
      await b.serve(8)
      a.link.widen?.(4)
      b.link.widen?.(4)
      const [atA, atB] = [await a.frames.reach(8), await b.frames.reach(8)]
      for (const frames of [atA, atB]) checkEqual(frames.map(indexOf), [...frames.keys()], 'chunks')
      checkEqual([a.connections.length, b.connections.length], [1, 1], 'connections')
      await closePair([a, b])
    }
  },

  '[S62] all connections close together, and once': async (dialer) => {
    const [a, b] = await openWide(dialer)
    a.link.close()
    await Promise.all([a.closed.reach(1), b.closed.reach(1)])
    await Promise.all([a.overCount.reach(1 + laneCountMax), b.overCount.reach(1 + laneCountMax)])
    checkEqual([a.closed.all.length, b.closed.all.length], [1, 1], 'closes')
  },

  '[S62] a lane that breaks while it is in use ends the link': async (dialer) => {
    const [a, b] = await openWide(dialer)
    for (let index = 0; index < 40; index++) a.link.send(data(index))
    // As when the network takes one of them away.
    a.connections[1]!.close()
    await Promise.all([a.closed.reach(1), b.closed.reach(1)])
    checkEqual(a.closed.all.length, 1, 'closes')
  },
}

export function lanesContract(makeDialer: () => Dialer): ContractCase[] {
  return Object.entries(cases).map(([name, run]) => ({ name, run: () => run(makeDialer()) }))
}
