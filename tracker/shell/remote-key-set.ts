/**
 * A set of public keys at a URL (RFC 7517): fetched when it is first needed, kept, and fetched again from time to time
 * or when a token names a key that is not in it. While the server is away the last set goes on for an hour, and then no
 * token is good any more.
 */
import { type KeySet, parseKeySet } from './key-set.ts'

/** How old a set may be before a newer one is asked for, beside the work. */
const refreshAfterMs = 600_000

/** How old it may be at all: a key that was withdrawn must not be good for long. */
const staleAfterMs = 3_600_000

/** A token with an unknown key makes the set be fetched, but not more often than this. */
const cooldownMs = 30_000

/** A server that does not answer by then is away. */
const answerTimeoutMs = 5_000

/** Hundreds of keys; a service has two or three. */
export const keySetBytesMax = 256 * 1024

export interface RemoteKeySetOptions {
  url: string
  /** Milliseconds on a clock that never goes back. */
  now: () => number
  failed: (why: string) => void
}

export class RemoteKeySet {
  readonly #options: RemoteKeySetOptions
  #keys: KeySet | undefined
  #fetchedMs = Number.NEGATIVE_INFINITY
  #triedMs = Number.NEGATIVE_INFINITY
  #fetching: Promise<void> | undefined

  constructor(options: RemoteKeySetOptions) {
    this.#options = options
  }

  /** The keys as they are known, or undefined when they cannot be had. */
  async keys(): Promise<KeySet | undefined> {
    const ageMs = this.#options.now() - this.#fetchedMs
    if (ageMs >= staleAfterMs) await this.#fetch()
    else if (ageMs >= refreshAfterMs) void this.#fetch()
    return this.#options.now() - this.#fetchedMs < staleAfterMs ? this.#keys : undefined
  }

  /** The keys anew, for a token whose key is not among them. */
  async newer(): Promise<KeySet | undefined> {
    await this.#fetch()
    return this.keys()
  }

  /** One fetch at a time, for all who wait. */
  #fetch(): Promise<void> {
    const now = this.#options.now()
    if (this.#fetching === undefined && now - this.#triedMs < cooldownMs) return Promise.resolve()
    this.#triedMs = this.#fetching === undefined ? now : this.#triedMs
    this.#fetching ??= this.#load().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  async #load(): Promise<void> {
    const { url, now, failed } = this.#options
    try {
      // A redirect could lead to a server that nobody chose.
      const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(answerTimeoutMs) })
      if (response.status !== 200) throw new Error(`it answers ${response.status}`)
      this.#keys = parseKeySet(await textOf(response))
      this.#fetchedMs = now()
    } catch (error) {
      failed(error instanceof Error ? error.message : String(error))
    }
  }
}

async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? []) {
    length += part.length
    if (length > keySetBytesMax) throw new Error(`it is longer than ${keySetBytesMax} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}
