/** What every Link does, seen by its two owners. */
import type { Dialer, Link, LinkSignal } from '../../client/ports.ts'
import { frameBytesMax, frameBytesSafe, KiB, MiB } from '../../shared/limits.ts'
import { type ContractCase, check, checkEqual, Inbox, patternBytes } from './contract.ts'

/** One end of a link, with all that it told. */
class End {
  /** Everything, by name, in order. */
  readonly log: string[] = []
  readonly #story = () => `${this.initiator ? 'initiator' : 'other side'}: ${this.log.join(' ')} ${this.closed.all}`
  readonly signals = new Inbox<LinkSignal>('signals', this.#story)
  readonly opened = new Inbox<number>('opened', this.#story)
  readonly frames = new Inbox<Uint8Array>('frames', this.#story)
  readonly drained = new Inbox<number>('drained', this.#story)
  readonly closed = new Inbox<string>('closed', this.#story)
  readonly initiator: boolean
  readonly link: Link
  onSignal: (signal: LinkSignal) => void = this.signals.push

  constructor(dialer: Dialer, initiator: boolean) {
    this.initiator = initiator
    this.link = dialer.dial(initiator, {
      signal: (signal) => this.#note('signal', () => this.onSignal(signal)),
      open: (frameBytesMax) => this.#note('open', () => this.opened.push(frameBytesMax)),
      frame: (frame) => this.#note('frame', () => this.frames.push(frame)),
      drained: (roomBytes) => this.#note('drained', () => this.drained.push(roomBytes)),
      closed: (reason) => this.#note('closed', () => this.closed.push(reason)),
    })
  }

  #note(name: string, pass: () => void): void {
    this.log.push(name)
    pass()
  }
}

function pair(dialer: Dialer): [End, End] {
  const a = new End(dialer, true)
  const b = new End(dialer, false)
  a.onSignal = (signal) => b.link.signal(signal)
  b.onSignal = (signal) => a.link.signal(signal)
  return [a, b]
}

async function openPair(dialer: Dialer): Promise<[End, End]> {
  const [a, b] = pair(dialer)
  await Promise.all([a.opened.reach(1), b.opened.reach(1)])
  return [a, b]
}

/** Closes both and waits for both ends to have heard. */
async function closePair([a, b]: [End, End]): Promise<void> {
  a.link.close()
  b.link.close()
  await Promise.all([a.closed.reach(1), b.closed.reach(1)])
}

type Case = (dialer: Dialer) => Promise<void>

const cases: Record<string, Case> = {
  'both ends open once, and learn what one frame may hold': async (dialer) => {
    const ends = await openPair(dialer)
    for (const { opened } of ends) {
      checkEqual(opened.all.length, 1, 'opens')
      const frameBytes = opened.all[0]!
      check(frameBytes >= frameBytesSafe && frameBytes <= frameBytesMax, `frames of ${frameBytes} bytes`)
    }
    await closePair(ends)
  },

  'frames of all sizes arrive whole and in order, both ways at once': async (dialer) => {
    const ends = await openPair(dialer)
    const [a, b] = ends
    const sizes = [1, 2, 1000, 16 * KiB, 64 * KiB, a.opened.all[0]!, 3]
    for (const [i, size] of sizes.entries()) {
      a.link.send(patternBytes(size, i))
      b.link.send(patternBytes(size, 100 + i))
    }
    const [atA, atB] = await Promise.all([a.frames.reach(sizes.length), b.frames.reach(sizes.length)])
    for (const [i, size] of sizes.entries()) {
      checkEqual(atB[i], patternBytes(size, i), `frame ${i} at the other side`)
      checkEqual(atA[i], patternBytes(size, 100 + i), `frame ${i} at the initiator`)
    }
    await closePair(ends)
  },

  'a frame sent from inside `open` arrives': async (dialer) => {
    const [a, b] = pair(dialer)
    void b.opened.reach(1).then(() => b.link.send(patternBytes(10, 1)))
    checkEqual((await a.frames.reach(1))[0], patternBytes(10, 1), 'frame')
    check(a.log.indexOf('open') < a.log.indexOf('frame'), `a frame came before open: ${a.log.join(' ')}`)
    await closePair([a, b])
  },

  'a frame is a view of its own: what its sender does to the buffer later changes nothing': async (dialer) => {
    const ends = await openPair(dialer)
    const [a, b] = ends
    const buffer = patternBytes(100, 5)
    a.link.send(buffer.subarray(10, 20))
    buffer.fill(0)
    checkEqual((await b.frames.reach(1))[0], patternBytes(100, 5).subarray(10, 20), 'frame')
    await closePair(ends)
  },

  'room shrinks as frames are queued, and `drained` tells when there is room again': async (dialer) => {
    const [a, b] = pair(dialer)
    checkEqual(a.link.roomBytes, 0, 'room before open')
    await Promise.all([a.opened.reach(1), b.opened.reach(1)])
    const roomAtFirst = a.link.roomBytes
    check(roomAtFirst > 0, 'no room on an open link')
    const frame = patternBytes(16 * KiB, 1)
    let sent = 0
    while (a.link.roomBytes > 0) {
      a.link.send(frame)
      sent += 1
      check(sent * frame.length < 64 * MiB, 'the queue takes everything: room never ends')
    }
    const [room] = await a.drained.reach(1)
    check(room! > 0 && room! <= roomAtFirst, `drained with room for ${room} bytes of ${roomAtFirst}`)
    checkEqual((await b.frames.reach(sent)).length, sent, 'frames')
    await closePair([a, b])
  },

  'closing one end closes the other, once each, and nothing comes after': async (dialer) => {
    const [a, b] = await openPair(dialer)
    a.link.close()
    a.link.close()
    await Promise.all([a.closed.reach(1), b.closed.reach(1)])
    for (const end of [a, b]) {
      checkEqual(end.link.roomBytes, 0, 'room of a closed link')
      end.link.send(patternBytes(10, 1))
      end.link.signal({ candidate: { candidate: 'nonsense' } })
      end.link.close()
    }
    // A link that opens and closes after these ones gives anything late the time to come.
    await closePair(await openPair(dialer))
    for (const end of [a, b]) {
      checkEqual(end.closed.all.length, 1, 'closes')
      checkEqual(end.log.at(-1), 'closed', 'last of all')
    }
  },

  'a link closed before it opens tells so, and never opens': async (dialer) => {
    const [a, b] = pair(dialer)
    a.link.close()
    await a.closed.reach(1)
    await closePair(await openPair(dialer))
    checkEqual(a.log, ['closed'], 'events')
    b.link.close()
    await b.closed.reach(1)
  },

  'the owner never hears `closed` from inside its own call': async (dialer) => {
    const [a, b] = await openPair(dialer)
    a.link.close()
    checkEqual(a.closed.all.length, 0, 'closes during close()')
    await Promise.all([a.closed.reach(1), b.closed.reach(1)])
  },

  'a description that is none closes the link, with a reason and without throwing': async (dialer) => {
    for (const sdp of ['', 'nonsense', `v=0\r\nm=application 9 x\r\n${'a='.repeat(100)}`]) {
      const end = new End(dialer, false)
      end.link.signal({ description: { type: 'offer', sdp } })
      const [reason] = await end.closed.reach(1)
      check(reason !== '', 'closed without a reason')
    }
  },

  'an answer to nobody, an offer to the one who offers, and a second answer close the link': async (dialer) => {
    const waiting = new End(dialer, false)
    const offering = new End(dialer, true)
    const [offer] = await offering.signals.reach(1)
    check(offer && 'description' in offer, 'the first signal is no description')
    waiting.link.signal({ description: { ...offer.description, type: 'answer' } })
    await waiting.closed.reach(1)
    offering.link.signal(offer)
    await offering.closed.reach(1)

    const [a, b] = pair(dialer)
    b.onSignal = (signal) => {
      a.link.signal(signal)
      if ('description' in signal) a.link.signal(signal)
    }
    await a.closed.reach(1)
    b.link.close()
    await b.closed.reach(1)
  },

  'candidates that are nonsense, and hundreds of them, hurt nothing': async (dialer) => {
    const nonsense = (end: End) => {
      end.link.signal({ candidate: { candidate: 'nonsense' } })
      for (let i = 0; i < 200; i++) end.link.signal({ candidate: { candidate: `nonsense ${i}`, sdpMid: '0' } })
      end.link.signal({ candidate: { candidate: 'candidate:1 1 udp 1 999.1.1.1 1 typ host', sdpMid: '77' } })
    }
    const ends = await openPair(dialer)
    const [a, b] = ends
    nonsense(a)
    a.link.send(patternBytes(10, 1))
    checkEqual((await b.frames.reach(1))[0], patternBytes(10, 1), 'frame')
    await closePair(ends)

    const early = new End(dialer, false)
    nonsense(early)
    const offering = new End(dialer, true)
    const [offer] = await offering.signals.reach(1)
    early.link.signal(offer!)
    const [answer] = await early.signals.reach(1)
    check(answer && 'description' in answer && answer.description.type === 'answer', 'no answer')
    await closePair([early, offering])
  },

  'the last frames before closing arrive, on a link that has been in use': async (dialer) => {
    const ends = await openPair(dialer)
    const [a, b] = ends
    a.link.send(patternBytes(2, 0))
    await b.frames.reach(1)
    for (let i = 1; i < 4; i++) a.link.send(patternBytes(2, i))
    a.link.close()
    await b.closed.reach(1)
    checkEqual(b.frames.all.length, 4, 'frames')
    await closePair(ends)
  },
}

export function linkContract(makeDialer: () => Dialer): ContractCase[] {
  return Object.entries(cases).map(([name, run]) => ({ name, run: () => run(makeDialer()) }))
}
