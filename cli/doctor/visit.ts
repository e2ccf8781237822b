/** One WebSocket to a tracker, as a client opens it, and what came instead when none did. Knows ws; judges nothing. */
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import { WebSocket } from 'ws'
import { relayedMessageBytesMax } from '../../shared/limits.ts'
import {
  type ClientMessage,
  parseTrackerMessage,
  type TrackerMessage,
  trackerSubprotocol,
} from '../../shared/tracker-messages.ts'

export interface VisitOptions {
  /** What a browser says of the page. */
  origin: string
  patienceMs: number
  headers?: Readonly<Record<string, string>>
  /** The way was looked at and is good: whoever is at its other end now must show so as well. */
  isSafe: boolean
}

/** What came instead of a WebSocket. */
export type Refused =
  | { kind: 'answered'; status: number; location: string | undefined; body: string }
  /** The upgrade came, but not the subprotocol, without which browsers close. */
  | { kind: 'no-subprotocol' }
  | { kind: 'failed'; reason: string }
  | { kind: 'silent' }

/** The beginning of an answer that is no upgrade: enough to see who gave it. */
const bodyLengthMax = 2_000

type Of<T extends TrackerMessage['type']> = TrackerMessage & { type: T }

export class Visit {
  readonly #socket: WebSocket
  readonly #patienceMs: number
  readonly #told: TrackerMessage[] = []
  readonly #waiting = new Set<() => void>()
  /** Pings of the tracker so far. */
  pings = 0
  /** How it ended: the close code and its reason. */
  closing: { code: number; reason: string } | undefined

  private constructor(socket: WebSocket, patienceMs: number) {
    this.#socket = socket
    this.#patienceMs = patienceMs
    socket.on('message', (data, isBinary) => {
      const parsed = isBinary ? undefined : parseTrackerMessage(data.toString())
      if (parsed?.ok && parsed.value !== undefined) this.#told.push(parsed.value)
      this.#wake()
    })
    socket.on('ping', () => {
      this.pings++
      this.#wake()
    })
    socket.on('error', () => {})
    socket.on('close', (code, reason) => {
      this.closing = { code, reason: reason.toString() }
      this.#wake()
    })
  }

  static open(url: URL, { origin, patienceMs, headers, isSafe }: VisitOptions): Promise<Visit | Refused> {
    return new Promise((resolve) => {
      const socket = new WebSocket(url, trackerSubprotocol, {
        origin,
        headers: { ...headers },
        perMessageDeflate: false,
        maxPayload: 2 * relayedMessageBytesMax,
        // What is wrong with the certificate is another check's to say; nothing secret goes over such a connection.
        rejectUnauthorized: isSafe,
      })
      // From the beginning: the first message may come with the answer to the upgrade.
      const visit = new Visit(socket, patienceMs)
      const timer = setTimeout(() => end({ kind: 'silent' }), patienceMs)
      let isOver = false
      const end = (result: Visit | Refused) => {
        if (isOver) return
        isOver = true
        clearTimeout(timer)
        if (result !== visit) socket.terminate()
        resolve(result)
      }
      socket.once('open', () => end(visit))
      socket.once('unexpected-response', async (_, response) => end(await answerOf(response)))
      socket.once('error', ({ message }) =>
        end(/subprotocol/.test(message) ? { kind: 'no-subprotocol' } : { kind: 'failed', reason: message }),
      )
    })
  }

  say(message: ClientMessage): void {
    this.#socket.send(JSON.stringify(message))
  }

  /** The first message of one of these types that has come. */
  heard<T extends TrackerMessage['type']>(...types: T[]): Of<T> | undefined {
    const at = this.#told.findIndex(({ type }) => types.some((one) => one === type))
    return at < 0 ? undefined : (this.#told.splice(at, 1)[0] as Of<T>)
  }

  /** The next message of one of these types; undefined when none comes in time, or the connection ends. */
  async hears<T extends TrackerMessage['type']>(...types: T[]): Promise<Of<T> | undefined> {
    let heard = this.heard(...types)
    await this.#until(this.#patienceMs, () => {
      heard ??= this.heard(...types)
      return heard !== undefined || this.closing !== undefined
    })
    return heard
  }

  /** Whether a ping of our own is answered. */
  async isAnswering(): Promise<boolean> {
    let isAnswered = false
    this.#socket.once('pong', () => {
      isAnswered = true
      this.#wake()
    })
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping()
    await this.#until(this.#patienceMs, () => isAnswered || this.closing !== undefined)
    return isAnswered
  }

  /** Says nothing for so long, or until the connection ends. */
  async keepQuiet(ms: number): Promise<void> {
    await this.#until(ms, () => this.closing !== undefined)
  }

  close(): void {
    this.#socket.close(1000)
    setTimeout(() => this.#socket.terminate(), this.#patienceMs).unref()
  }

  async #until(ms: number, isOver: () => boolean): Promise<void> {
    if (isOver()) return
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        resolve()
      }
      const look = () => {
        if (isOver()) end()
      }
      const timer = setTimeout(end, ms)
      this.#waiting.add(look)
    })
  }

  #wake(): void {
    for (const look of this.#waiting) look()
  }
}

async function answerOf(response: IncomingMessage): Promise<Refused> {
  let body = ''
  try {
    for await (const part of response.setEncoding('utf8')) {
      body += part
      if (body.length > bodyLengthMax) break
    }
  } catch {
    // What came before it broke is enough.
  }
  const { statusCode: status = 0 } = response
  return { kind: 'answered', status, location: response.headers.location, body: body.slice(0, bodyLengthMax) }
}

export const statusText = (status: number): string => `${status} ${STATUS_CODES[status] ?? ''}`.trim()
