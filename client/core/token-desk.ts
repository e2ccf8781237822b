/**
 * The token that a client shows its tracker, where its owner has one: asked for when it connects, shown before the first
 * join, and another one shown before it runs out. Knows nothing of what a token says.
 */
import type { RefusalCode } from '../../shared/tracker-messages.ts'
import type { Core } from './core.ts'
import { tokenRetryMs } from './settings.ts'

/** `asked` of the owner, `held` until the tracker is there, `shown` to it, `good`; `renewing` is good and asked. */
type State = 'unused' | 'asked' | 'held' | 'shown' | 'good' | 'renewing'

/** Another token is asked for when this much of the time is over: the rest is for a backend that is slow. */
const renewShare = 0.8

/** What a refusal means for the connection: nothing, joins must be said again, or there is no use in going on. */
export type TokenVerdict = 'none' | 'again' | 'over'

export class TokenDesk {
  readonly #core: Core
  #state: State = 'unused'
  #token: string | undefined
  #askAt = Number.POSITIVE_INFINITY

  constructor(core: Core) {
    this.#core = core
  }

  /** Whether swarms may be joined: the tracker answers once it has verified what was shown. */
  get isReady(): boolean {
    return this.#state !== 'asked' && this.#state !== 'held'
  }

  connecting(): void {
    if (!this.#core.settings.hasToken) return
    this.#state = 'asked'
    this.#ask()
  }

  #ask(): void {
    this.#askAt = Number.POSITIVE_INFINITY
    this.#token = undefined
    this.#core.emit({ type: 'fetchToken' })
  }

  /** The tracker is there. */
  opened(): void {
    if (this.#state === 'held') this.#show()
  }

  #show(): void {
    const token = this.#token!
    this.#state = this.#state === 'renewing' ? 'renewing' : 'shown'
    this.#core.emit({ type: 'tell', message: { type: 'authorize', token } })
  }

  /** What the owner gave; undefined when there is none to be had. @returns whether swarms can be joined from now on */
  got(token: string | undefined, isOpen: boolean, now: number): TokenVerdict {
    if (this.#state !== 'asked' && this.#state !== 'renewing') return 'none'
    if (token === undefined) {
      if (this.#state === 'asked') return 'over'
      // The one that was shown is good for a while.
      this.#askAt = now + tokenRetryMs
      return 'none'
    }
    this.#token = token
    if (this.#state === 'renewing') {
      this.#show()
      return 'none'
    }
    this.#state = 'held'
    if (!isOpen) return 'none'
    this.#show()
    return 'again'
  }

  authorized(forMs: number, now: number): void {
    if (this.#state !== 'shown' && this.#state !== 'renewing') return
    this.#state = 'good'
    this.#askAt = now + forMs * renewShare * (0.9 + 0.1 * this.#core.rng.fraction())
  }

  /** @param isOfSwarm whether it was said of one swarm alone */
  refused(code: RefusalCode, isOfSwarm: boolean, now: number): TokenVerdict {
    switch (code) {
      case 'token-expired':
        // A token that is new and has run out already will be no better the next time.
        if (this.#state === 'shown' || this.#state === 'unused') return 'over'
        if (this.#state !== 'asked') {
          this.#state = 'asked'
          this.#ask()
        }
        return 'again'
      case 'unverified':
        if (this.#state === 'renewing') this.#state = 'good'
        else this.#state = 'asked'
        this.#askAt = now + tokenRetryMs
        return 'again'
      case 'bad-token':
      case 'wrong-origin':
        return 'over'
      case 'unauthorized':
        return isOfSwarm && this.#state !== 'unused' ? 'none' : 'over'
      case 'too-many-connections':
        return this.#state === 'shown' ? 'over' : 'none'
      default:
        return 'none'
    }
  }

  wake(now: number): void {
    if (now < this.#askAt) return
    if (this.#state === 'good') this.#state = 'renewing'
    this.#ask()
  }

  nextWake(): number {
    return this.#askAt
  }

  /** The connection is over. */
  ended(): void {
    this.#state = this.#core.settings.hasToken ? 'asked' : 'unused'
    this.#token = undefined
    this.#askAt = Number.POSITIVE_INFINITY
  }
}
