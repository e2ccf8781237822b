/**
 * More than a tracker can do: sockets that each ask as much as they may, all the time, and beside them a newcomer again
 * and again, and one honest client that asks once in a while. Tells what these two meet before, meanwhile and after.
 */
import type { SwarmId } from '../shared/ids.ts'
import { parseTrackerMessage, subprotocolsOf, type TrackerMessage } from '../shared/tracker-messages.ts'
import { LoopbackSocket } from './loopback-socket.ts'
import { quantile } from './median.ts'

/** What the honest client and the newcomers met in one part of the run. */
export interface Phase {
  answerP50Ms: number
  answerP99Ms: number
  /** Peers named of the eight that are wanted, on average. */
  namedOf8: number
  intervalMsMax: number
  newcomersIn: number
  newcomersBusy: number
  retryMsMax: number
}

export interface FloodReport {
  sockets: number
  before: Phase
  flooded: Phase
  after: Phase
  /** Flooders that the tracker closed. */
  closed: number
  /** From the end of the flood until answers were whole again. */
  recoveredMs: number
}

const perAddress = 200
const calmMs = 5_000
const floodMs = 15_000
const afterMsMax = 30_000

/** Below the 40 that one client may, so that none is closed for it. */
const messagesPerSecond = 36

const swarm = 'f'.repeat(40) as SwarmId
const joinText = (want: number) => JSON.stringify({ type: 'join', swarm, have: 0.5, want })

/** As long as a signal, and of a type that is ignored: it is read and parsed all the same. */
const ballast = JSON.stringify({ type: 'ballast', sdp: 'x'.repeat(800) })

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

class Notes {
  readonly answersMs: number[] = []
  named = 0
  intervalMsMax = 0
  newcomersIn = 0
  newcomersBusy = 0
  retryMsMax = 0

  get phase(): Phase {
    return {
      answerP50Ms: Number(quantile(this.answersMs, 0.5).toFixed(1)),
      answerP99Ms: Number(quantile(this.answersMs, 0.99).toFixed(1)),
      namedOf8: Number((this.named / this.answersMs.length).toFixed(1)),
      intervalMsMax: this.intervalMsMax,
      newcomersIn: this.newcomersIn,
      newcomersBusy: this.newcomersBusy,
      retryMsMax: this.retryMsMax,
    }
  }
}

class Flood {
  readonly #port: number
  readonly #path: string
  #notes = new Notes()
  closedCount = 0
  #intervalMs: number | undefined

  constructor(port: number, path: string) {
    this.#port = port
    this.#path = path
  }

  open(localAddress: string, heard: (message: TrackerMessage) => void, closed = () => {}): LoopbackSocket {
    const address = { port: this.#port, path: this.#path, localAddress }
    return new LoopbackSocket(address, subprotocolsOf(undefined), {
      message(text) {
        const parsed = parseTrackerMessage(text)
        if (parsed.ok && parsed.value) heard(parsed.value)
      },
      closed,
    })
  }

  /** Asks for eight peers, each time as somebody new, so that nobody was met before. */
  async #ask(number: number): Promise<void> {
    const notes = this.#notes
    await new Promise<void>((resolve) => {
      let askedAt = 0
      const over = setTimeout(done, 5_000)
      const socket = this.open(`127.1.${number >> 7}.${1 + (number & 127)}`, (message) => {
        if (message.type === 'welcome') {
          notes.newcomersIn++
          askedAt = performance.now()
          socket.send(joinText(8))
        } else if (message.type === 'busy') {
          notes.newcomersBusy++
          notes.retryMsMax = Math.max(notes.retryMsMax, message.retryMs)
          done()
        } else if (message.type === 'peers') {
          notes.answersMs.push(performance.now() - askedAt)
          notes.named += message.peers.length
          this.#intervalMs = message.intervalMs
          notes.intervalMsMax = Math.max(notes.intervalMsMax, message.intervalMs ?? 0)
          done()
        }
      })
      function done() {
        clearTimeout(over)
        socket.close()
        resolve()
      }
    })
  }

  #asked = 0

  async watch(untilMs: number, isOver = () => false): Promise<Phase> {
    this.#notes = new Notes()
    while (performance.now() < untilMs && !isOver()) {
      await this.#ask(this.#asked++ % 16_384)
      await sleep(20)
    }
    return this.#notes.phase
  }

  get isWhole(): boolean {
    return this.#notes.answersMs.length > 0 && this.#intervalMs === undefined
  }
}

/** The child's side. */
export async function playFlood(port: number, path: string, count: number): Promise<void> {
  const flood = new Flood(port, path)
  const sockets: LoopbackSocket[] = []
  let closed = 0
  while (sockets.length < count) {
    const place = Math.floor(sockets.length / perAddress)
    let isIn = false
    await new Promise<void>((resolve) => {
      const socket = flood.open(
        `127.${2 + (place >> 8)}.${place & 255}.1`,
        ({ type }) => {
          if (type !== 'welcome') return
          isIn = true
          sockets.push(socket)
          socket.send(joinText(0))
          resolve()
        },
        () => {
          if (isIn) closed++
          resolve()
        },
      )
    })
    // One address may open only so many in a second.
    if (!isIn) await sleep(100)
  }
  const before = await flood.watch(performance.now() + calmMs)
  const tickMs = 1_000 / messagesPerSecond
  let round = 0
  // One that is late is left out: the flood itself must have time to listen.
  const flooding = setInterval(() => {
    round++
    for (const [i, socket] of sockets.entries()) {
      socket.send((i + round) % messagesPerSecond < 2 ? joinText(20) : ballast)
    }
  }, tickMs)
  const flooded = await flood.watch(performance.now() + floodMs)
  clearInterval(flooding)
  const endMs = performance.now()
  const after = await flood.watch(endMs + afterMsMax, () => flood.isWhole)
  const recoveredMs = Math.round(performance.now() - endMs)
  const report: FloodReport = { sockets: count, before, flooded, after, closed, recoveredMs }
  process.send!(report, () => process.exit(0))
}
