/**
 * A file of the operator's that is read again when it changes, in place or by another one that takes its name. What cannot
 * be used is said in the log, and the last good content stays. Knows nothing of what is in it.
 */
import { type BigIntStats, readFileSync, statSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import type { Log } from '../../shared/log.ts'

/** Asked for and not notified of: this sees replaced files, links that are moved and network disks alike. */
const recheckMsDefault = 5_000

export interface ReloadableFile {
  /** What a person calls it: the setting that names it. */
  readonly name: string
  /** Reads it, another one or not. Rejects with what is wrong with it; what was read last stays. */
  reload(): Promise<void>
}

/** A watched one, whatever is in it. */
export interface OpenFile extends ReloadableFile {
  close(): void
}

export interface WatchedFileOptions<T> {
  /** As the operator knows it: in errors and in the log. */
  setting: string
  path: string
  bytesMax: number
  /** @throws Error that says what is wrong with the content */
  read(bytes: Buffer): T
  /** The file was read again, and this is what it holds now. */
  changed?: (content: T) => void
  /** Between two looks at the file; 5 s by default. */
  recheckMs?: number | undefined
  log: Log
}

export class WatchedFile<T> implements OpenFile {
  readonly #options: WatchedFileOptions<T>
  readonly #timer: NodeJS.Timeout
  #content: T
  /** The version that was read last, or tried. */
  #version: string
  #isUnreadable = false
  #checking: Promise<void> | undefined

  /** @throws Error that names the setting, the path, and what is wrong */
  constructor(options: WatchedFileOptions<T>) {
    this.#options = options
    const { setting, path, recheckMs = recheckMsDefault } = options
    try {
      this.#version = versionOf(statSync(path, { bigint: true }))
      this.#content = this.#read(readFileSync(path))
    } catch (error) {
      throw new Error(`tracker setting ${setting}: ${path}: ${reasonOf(error)}`, { cause: error })
    }
    this.#timer = setInterval(() => void this.check(), recheckMs).unref()
  }

  get content(): T {
    return this.#content
  }

  /** Reads the file again if it is another one. */
  check(): Promise<void> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined
    })
    return this.#checking
  }

  get name(): string {
    return this.#options.setting
  }

  async reload(): Promise<void> {
    const { path, changed } = this.#options
    await this.#checking
    try {
      const version = versionOf(await stat(path, { bigint: true }))
      this.#content = this.#read(await readFile(path))
      this.#version = version
      this.#isUnreadable = false
    } catch (error) {
      throw new Error(`${path}: ${reasonOf(error)}`, { cause: error })
    }
    changed?.(this.#content)
  }

  async #check(): Promise<void> {
    const { setting, path, log } = this.#options
    try {
      const version = versionOf(await stat(path, { bigint: true }))
      if (version === this.#version) return
      const bytes = await readFile(path)
      // Someone is still writing: the next time will do.
      if (versionOf(await stat(path, { bigint: true })) !== version) return
      this.#version = version
      this.#isUnreadable = false
      this.#content = this.#read(bytes)
      log.info({ setting, path }, 'read a changed file')
      this.#options.changed?.(this.#content)
    } catch (error) {
      // Said once, not every few seconds; one that is wrong inside is not even read again before it changes.
      if (this.#isUnreadable) return
      this.#isUnreadable = error instanceof Error && 'code' in error
      log.warn({ setting, path, reason: reasonOf(error) }, 'a changed file is of no use: what was read last stays')
    }
  }

  #read(bytes: Buffer): T {
    const { bytesMax, read } = this.#options
    if (bytes.length > bytesMax) throw new Error(`${bytes.length} bytes, and at most ${bytesMax} are read`)
    return read(bytes)
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

const versionOf = ({ dev, ino, size, mtimeNs }: BigIntStats): string => `${dev} ${ino} ${size} ${mtimeNs}`

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? String(error.code) : undefined
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EACCES' || code === 'EPERM') return 'the file may not be read'
  if (code === 'EISDIR') return 'that is a folder'
  return error.message
}
