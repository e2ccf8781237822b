/** The body of an answer under way, whose beginning can be looked at before anybody takes it. Knows no hash. */
import { type Bytes, concatBytes } from '../../shared/bytes.ts'

export class AnswerBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  /** What was read to look at the beginning, and not yet taken. */
  readonly #early: Uint8Array[] = []
  #beginning: Promise<unknown> | undefined

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader()
  }

  /** A copy of the first bytes, once they are here; undefined when the body ends or breaks off before. Call it once. */
  beginning(bytes: number): Promise<Bytes | undefined> {
    const found = this.#readAhead(bytes).catch(() => undefined) // whoever reads on meets the same error
    this.#beginning = found
    return found
  }

  async #readAhead(bytes: number): Promise<Bytes | undefined> {
    let held = 0
    while (held < bytes) {
      const { value } = await this.#reader.read()
      if (!value) return undefined
      this.#early.push(value)
      held += value.length
    }
    return concatBytes(...this.#early.map((part) => part.subarray(0, bytes))).slice(0, bytes)
  }

  /** The next bytes, from the first on; undefined at the end. Rejects when the body breaks off. */
  async read(): Promise<Uint8Array | undefined> {
    await this.#beginning
    return this.#early.shift() ?? (await this.#reader.read()).value
  }

  /** All bytes from `from` on, unchecked. */
  stream(from: number): ReadableStream<Uint8Array> {
    let skip = from
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      for (;;) {
        const bytes = await this.read()
        if (!bytes) return controller.close()
        const rest = bytes.subarray(skip)
        skip -= bytes.length - rest.length
        if (rest.length > 0) return controller.enqueue(rest)
      }
    }
    return new ReadableStream({ pull, cancel: (reason) => this.#reader.cancel(reason) }, { highWaterMark: 0 })
  }
}
