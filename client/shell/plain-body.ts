/** A file that comes by plain HTTP, with nothing to check it against: read as it comes, with pause. */

export class PlainBody {
  readonly totalBytes: number | undefined
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>
  readonly #parts: Uint8Array<ArrayBuffer>[] = []
  doneBytes = 0
  #resume: (() => void) | undefined
  #gate: Promise<void> | undefined

  constructor(response: Response) {
    const length = response.headers.get('content-length')
    const isPlain = !response.headers.has('content-encoding')
    this.totalBytes = length !== null && isPlain ? Number(length) : undefined
    this.#reader = response.body!.getReader()
  }

  /** Reads to the end. Rejects when the body breaks off. */
  async run(onBytes: () => void): Promise<void> {
    for (;;) {
      await this.#gate
      const { done, value } = await this.#reader.read()
      if (done) break
      this.#parts.push(value)
      this.doneBytes += value.length
      onBytes()
    }
    if (this.totalBytes !== undefined && this.doneBytes !== this.totalBytes) {
      throw new Error(`the body ended after ${this.doneBytes} of ${this.totalBytes} bytes`)
    }
  }

  /** Unread, the body stops flowing once the browser's buffers are full. */
  pause(): void {
    this.#gate ??= new Promise((resolve) => {
      this.#resume = resolve
    })
  }

  resume(): void {
    this.#resume?.()
    this.#gate = undefined
    this.#resume = undefined
  }

  cancel(): void {
    this.resume()
    void this.#reader.cancel().catch(() => {})
  }

  blob(): Blob {
    return new Blob(this.#parts)
  }
}
