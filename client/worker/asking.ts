/** One question to a page: whether it takes over what the server is being asked for. Never waits long for the answer. */
import { PortReader, type PortWriter, writeTo } from '../shell/port-stream.ts'
import type { AskAnswer, AskNews, WorkerAsk } from './worker-messages.ts'
import type { WorkerClient } from './worker-scope.ts'

/**
 * How long after the server's head a page may take to say that it has the manifest: the manifest was asked for at the
 * same time as the file. A page that is busy for longer gets the server's answer.
 */
export const deadlineMs = 150

export interface Taken {
  page: PortReader
  root: string
  /** Ends the server's answer, as far as the page was still being sent it. */
  left: () => void
}

export class Asking {
  readonly #port: MessagePort
  readonly #answer: Promise<Omit<Taken, 'left'> | undefined>

  constructor(client: WorkerClient, ask: Omit<WorkerAsk, 'nearcast'>) {
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.#answer = new Promise((resolve) => {
      port1.onmessage = ({ data, ports: [bytes] }: MessageEvent<AskAnswer>) => {
        resolve(data.type === 'take' && bytes ? { page: new PortReader(bytes), root: data.root } : undefined)
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
   */
  async offer({ status, headers, body }: Response): Promise<Taken | undefined> {
    if (!body) return undefined
    const { port1, port2 } = new MessageChannel()
    const writer = writeTo(port1, body)
    this.#say({ type: 'head', status, headers: [...headers] }, [port2])
    // Who has begun to read the answer has decided to take it: its word is on the way.
    const found = (await this.#inTime()) ?? (writer.isBegun ? await this.#inTime() : undefined)
    if (!found) {
      writer.end()
      this.over()
      return undefined
    }
    // What the page does not want of it, because it has the file, is wanted by nobody.
    void writer.over.then(() => (writer.isBegun ? undefined : body.cancel())).catch(() => {})
    return { ...found, left: () => this.#leave(writer) }
  }

  #leave(writer: PortWriter): void {
    writer.end()
    this.#port.close()
  }

  #inTime(): Promise<Omit<Taken, 'left'> | undefined> {
    const late = new Promise<undefined>((resolve) => setTimeout(resolve, deadlineMs, undefined))
    return Promise.race([this.#answer, late])
  }
}
