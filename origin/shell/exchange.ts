/** One request and its response: the ways to answer it. Knows nothing of files, folders or manifests. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AnswerHeaders, answerTo, type Representation, sharingHeaders } from '../core/answer.ts'
import { memorySource, type Sent, type Source, sendBody } from './body.ts'
import type { Egress } from './egress.ts'
import type { Traffic } from './traffic.ts'

/** What a client is asked to wait when it comes too early: hashing mostly takes a second or less. */
const retryAfterSeconds = 1

export class Exchange {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #egress: Egress
  readonly #traffic: Traffic

  constructor(request: IncomingMessage, response: ServerResponse, egress: Egress, traffic: Traffic) {
    this.#request = request
    this.#response = response
    this.#egress = egress
    this.#traffic = traffic
    for (const [name, value] of Object.entries(sharingHeaders)) response.setHeader(name, value)
    // A request's body is not read, so its connection carries no other request.
    const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0
    if (hasBody) response.setHeader('Connection', 'close')
  }

  get method(): string | undefined {
    return this.#request.method
  }

  get target(): string {
    return this.#request.url ?? ''
  }

  /**
   * Answers by RFC 9110 with the representation, or says why not. A source that changes under way breaks the
   * connection: the client sees that bytes are missing.
   * @param options.prompt true for small answers that somebody waits for before asking for more
   * @param options.urlPath what the bytes are counted under
   */
  async send(
    representation: Representation,
    source: Source,
    { prompt, urlPath }: { prompt: boolean; urlPath: string },
  ): Promise<Sent> {
    const method = this.#request.method === 'HEAD' ? 'HEAD' : 'GET'
    const asked: AnswerHeaders = this.#request.headers
    const { status, headers, from, to } = answerTo(method, asked, representation, Date.now())
    if (status === 412) return this.say(status, 'the file is another version than asked for', headers)
    if (status === 416) return this.say(status, `the file has only ${representation.bytes} bytes`, headers)
    this.#response.writeHead(status, headers)
    return this.#sendBody(source, from, to, { prompt, urlPath })
  }

  /** Answers with a line of text. */
  say(status: number, line: string, headers: Record<string, string> = {}): Promise<Sent> {
    const text = Buffer.from(`${line}\n`)
    const about = { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': text.length }
    this.#response.writeHead(status, { 'Cache-Control': 'no-store', ...about, ...headers })
    const to = this.#request.method === 'HEAD' ? 0 : text.length
    return this.#sendBody(memorySource(text), 0, to, { prompt: true, urlPath: undefined })
  }

  sayNotFound(): Promise<Sent> {
    return this.say(404, 'there is no such file')
  }

  /** For what works when asked again a little later. */
  sayLater(line: string): Promise<Sent> {
    return this.say(503, line, { 'Retry-After': `${retryAfterSeconds}` })
  }

  async sayNothing(status: number, headers: Readonly<Record<string, string>>): Promise<Sent> {
    this.#response.writeHead(status, headers).end()
    return 'all'
  }

  async #sendBody(
    source: Source,
    from: number,
    to: number,
    { prompt, urlPath }: { prompt: boolean; urlPath: string | undefined },
  ): Promise<Sent> {
    if (from === to) {
      this.#response.end()
      return 'all'
    }
    const count = (bytes: number) => this.#traffic.sent(urlPath, bytes)
    const sent = await sendBody(this.#response, source, [from, to], this.#egress.enter(prompt), count)
    if (sent === 'changed') this.#response.destroy()
    return sent
  }
}
