/** One question to a page: whether it takes over what the server is being asked for. Never waits long for the answer. */
import { PortReader, type PortWriter, writeTo } from '../shell/port-stream.ts'
import type { AskAnswer, AskNews, WorkerAsk } from './worker-messages.ts'
import type { WorkerClient } from './worker-scope.ts'

/**
 * How long after the server's head a page may take to say that it has the manifest: the manifest was asked for at the
 * same time as the file. A page that is busy for longer gets the server's answer.
 */
export const deadlineMs = 150

/** Where nothing but signed files may be given, it is waited for as long as for a signature, and a little longer. */
export const strictDeadlineMs = 12_000

export interface Taken {
  page: PortReader
  root: string
  /** Ends the server's answer, as far as the page was still being sent it. */
  left: () => void
}

/** What the page said; undefined when the server's answer stands. */
type Word = Omit<Taken, 'left'> | 'refused' | undefined

export class Asking {
  readonly #port: MessagePort
  readonly #answer: Promise<Word>

  constructor(client: WorkerClient, ask: Omit<WorkerAsk, 'nearcast'>) {
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.#answer = new Promise((resolve) => {
      port1.onmessage = ({ data, ports: [bytes] }: MessageEvent<AskAnswer>) => {
        if (data.type === 'take' && bytes) resolve({ page: new PortReader(bytes), root: data.root })
        else resolve(data.type === 'refuse' ? 'refused' : undefined)
      }
    })
    client.postMessage({ nearcast: 'ask', ...ask } satisfies WorkerAsk, [port2])
  }

  #say(news: AskNews, transfer: Transferable[] = []): void {
    this.#port.postMessage(news, transfer)
  }

  /** The page is not needed. */
  over(): void {
    this.#say({ type: 'over' })
    this.#port.close()
  }

  /**
   * Offers the page the server's answer. @returns undefined when it does not take it, or not in time: then nothing was
   * read of the answer, unless its body is locked
   * @param isStrict whether nobody is to have the answer where the page has not taken it
   */
  async offer({ status, headers, body }: Response, isStrict: boolean): Promise<Taken | 'refused' | undefined> {
    if (!body) return undefined
    const { port1, port2 } = new MessageChannel()
    const writer = writeTo(port1, body)
    this.#say({ type: 'head', status, headers: [...headers] }, [port2])
    // Who has begun to read the answer has decided to take it: its word is on the way.
    const ms = isStrict ? strictDeadlineMs : deadlineMs
    const late = isStrict ? 'refused' : undefined
    const word = (await this.#inTime(ms, late)) ?? (writer.isBegun ? await this.#inTime(ms, late) : undefined)
    if (!word || word === 'refused') {
      writer.end()
      this.over()
      if (word) void body.cancel().catch(() => {}) // the page may have begun to read
      return word
    }
    // What the page does not want of it, because it has the file, is wanted by nobody.
    void writer.over.then(() => (writer.isBegun ? undefined : body.cancel())).catch(() => {})
    return { ...word, left: () => this.#leave(writer) }
  }

  #leave(writer: PortWriter): void {
    writer.end()
    this.#port.close()
  }

  #inTime(ms: number, word: 'refused' | undefined): Promise<Word> {
    const late = new Promise<Word>((resolve) => setTimeout(resolve, ms, word))
    return Promise.race([this.#answer, late])
  }
}
