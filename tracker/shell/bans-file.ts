/**
 * The file in which bans outlive the tracker: written a moment after they change, read when the tracker is made. It holds
 * addresses, so only its owner can read it. Knows not why anybody is banned.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import type { Log } from '../../shared/log.ts'
import { type BanCause, type Banning, banCauses } from '../core/banning.ts'
import { excludeMsMax } from '../core/bus-messages.ts'
import { keyOf, rangeOf } from './ban-ranges.ts'

export interface BansFileSettings {
  /** Path of a file in which bans are kept, so that they hold again after a restart. None by default. */
  bansFile?: string | undefined
}

export interface BansFileParts {
  path: string
  banning: Banning
  /** Milliseconds on the tracker's clock, and since 1970. */
  now: () => number
  wallNow: () => number
  log: Log
}

/** Bans come in crowds; a tracker that dies forgets those of the last second. */
const writeAfterMs = 1_000

/** Twice all that a tracker remembers, as it writes them. */
const bytesMax = 4 * 1024 * 1024

interface KeptBan {
  /** As an operator writes it (ban-ranges.ts). */
  range: string
  cause: BanCause
  until: string
  /** How many in a row this is. */
  count: number
}

export class BansFile {
  readonly #parts: BansFileParts
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()
  #hasFailed = false

  /** Bans again whom the file names. @throws Error that names the setting, the path, and what is wrong */
  constructor(parts: BansFileParts) {
    this.#parts = parts
    const { path, banning, now, wallNow } = parts
    try {
      for (const { range, cause, until, count } of readBans(path)) {
        const forMs = Math.min(Date.parse(until) - wallNow(), excludeMsMax)
        if (forMs > 0) banning.restore({ key: keyOf(range)!, cause, count, untilMs: now() + forMs }, now())
      }
      // Whether it can be written is better known now than when there is somebody to ban.
      writeFileSync(this.#draft, this.#text(), { mode: 0o600 })
      renameSync(this.#draft, path)
    } catch (error) {
      throw new Error(`tracker setting bansFile: ${path}: ${reasonOf(error)}`, { cause: error })
    }
  }

  /** Others than before are banned. */
  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#writing = this.#writing.then(() => this.#write())
    }, writeAfterMs).unref()
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    const isPending = this.#timer !== undefined
    clearTimeout(this.#timer)
    await this.#writing
    if (isPending) await this.#write()
  }

  /** Of workers that share the file each has its own; the file itself is whole at any time. */
  get #draft(): string {
    return `${this.#parts.path}.${process.pid}`
  }

  #text(): string {
    const { banning, now, wallNow } = this.#parts
    const at = now()
    const bans = banning.list(at).map(({ key, cause, count, untilMs }): KeptBan => {
      return { range: rangeOf(key), cause, until: new Date(wallNow() + untilMs - at).toISOString(), count }
    })
    return `${JSON.stringify({ bans }, undefined, 1)}\n`
  }

  async #write(): Promise<void> {
    const { path, log } = this.#parts
    try {
      await writeFile(this.#draft, this.#text(), { mode: 0o600, flush: true })
      await rename(this.#draft, path)
      this.#hasFailed = false
    } catch (error) {
      if (!this.#hasFailed) log.warn({ path, why: reasonOf(error) }, 'bans cannot be written: a restart forgets them')
      this.#hasFailed = true
    }
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** None where there is no file yet. @throws Error that says what is wrong */
function readBans(path: string): KeptBan[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  if (text.length > bytesMax) throw new Error(`longer than ${bytesMax} bytes`)
  const bans = bansIn(text)
  if (!Array.isArray(bans)) throw new Error('it is not what a tracker writes')
  for (const [i, ban] of bans.entries()) if (!isKeptBan(ban)) throw new Error(`bans[${i}] is not what a tracker writes`)
  return bans
}

/** What is wrong with the text is not repeated: there are addresses in it. */
function bansIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { bans?: unknown } | null)?.bans
  } catch {
    return undefined
  }
}

function isKeptBan(value: unknown): value is KeptBan {
  if (typeof value !== 'object' || value === null) return false
  const { range, cause, until, count } = value as Partial<Record<keyof KeptBan, unknown>>
  return (
    typeof range === 'string' &&
    keyOf(range) !== undefined &&
    banCauses.some((one) => one === cause) &&
    typeof until === 'string' &&
    !Number.isNaN(Date.parse(until)) &&
    Number.isSafeInteger(count) &&
    Number(count) >= 1
  )
}
