/** What is remembered of sites' signatures from one run of a program to the next: a small file for each key. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeyId } from '../../shared/public-key.ts'
import { isKeyRecord, type KeyRecord } from '../core/site-trust.ts'
import type { TrustMemory } from '../ports.ts'

let written = 0

export class TrustFolder implements TrustMemory {
  readonly #folder: string
  /** What could not be written, and what is read again and again. */
  readonly #records = new Map<KeyId, KeyRecord>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(folder: string) {
    this.#folder = folder
  }

  #file(keyId: KeyId): string {
    return join(this.#folder, `${keyId}.json`)
  }

  async read(keyId: KeyId): Promise<KeyRecord | undefined> {
    const found = await readFile(this.#file(keyId), 'utf8')
      .then((text): unknown => JSON.parse(text))
      .catch(() => undefined)
    return isKeyRecord(found) ? found : this.#records.get(keyId)
  }

  /** One after another: two that read at once would each forget what the other adds. */
  update(keyId: KeyId, change: (record: KeyRecord | undefined) => KeyRecord): Promise<void> {
    const turn = this.#turn.then(() => this.#update(keyId, change))
    this.#turn = turn
    return turn
  }

  async #update(keyId: KeyId, change: (record: KeyRecord | undefined) => KeyRecord): Promise<void> {
    const record = change(await this.read(keyId))
    this.#records.set(keyId, record)
    const unfinished = `${this.#file(keyId)}.${process.pid}-${++written}.tmp`
    try {
      await mkdir(this.#folder, { recursive: true })
      await writeFile(unfinished, JSON.stringify(record))
      await rename(unfinished, this.#file(keyId))
    } catch {
      await rm(unfinished, { force: true }).catch(() => {}) // a disk that is full, or read-only: remembered for this run
    }
  }

  async clear(): Promise<void> {
    this.#records.clear()
    await rm(this.#folder, { recursive: true, force: true }).catch(() => {})
  }
}
