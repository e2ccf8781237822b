/**
 * A file written to one place in order, each piece once it is verified, and no faster than the place takes it. What is not
 * kept by the store is let go of behind it, so that a file may be larger than the store.
 */
import type { OpenFile } from './open-file.ts'
import { openReader } from './reader.ts'
import type { Runtime } from './runtime.ts'

export class Pouring {
  /** Bytes that the place has taken. */
  doneBytes = 0
  readonly #runtime: Runtime
  readonly #file: OpenFile
  readonly #sink: WritableStreamDefaultWriter<Uint8Array>
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #gate: Promise<void> | undefined
  #open = () => {}
  #reason: unknown

  constructor(runtime: Runtime, file: OpenFile, sink: WritableStream<Uint8Array>) {
    this.#runtime = runtime
    this.#file = file
    this.#sink = sink.getWriter()
    this.#sink.closed.catch(() => {}) // `run` says it
  }

  /** Begins to want the bytes at once. Rejects with what ended it: the file's error, the place's, or who cancelled. */
  async run(onBytes: () => void): Promise<void> {
    const { fileBytes } = this.#file.manifest.geometry
    try {
      while (this.doneBytes < fileBytes) {
        if (this.#gate) await this.#gate
        this.#refuseOver()
        const range = { from: this.doneBytes, to: fileBytes }
        this.#reader = openReader(this.#runtime, this.#file, range).getReader()
        for (let read = await this.#reader.read(); read.value; read = await this.#reader.read()) {
          await this.#sink.write(read.value)
          this.doneBytes += read.value.length
          onBytes()
        }
        this.#refuseOver()
      }
      await this.#sink.close()
    } catch (error) {
      void this.#reader?.cancel().catch(() => {})
      await this.#sink.abort(error).catch(() => {})
      throw error
    }
  }

  #refuseOver(): void {
    if (this.#reason !== undefined) throw this.#reason
  }

  pause(): void {
    this.#gate ??= new Promise((resolve) => {
      this.#open = resolve
    })
    void this.#reader?.cancel()
  }

  resume(): void {
    this.#gate = undefined
    this.#open()
  }

  cancel(reason: unknown): void {
    this.#reason ??= reason
    this.resume()
    void this.#reader?.cancel().catch(() => {})
  }
}
