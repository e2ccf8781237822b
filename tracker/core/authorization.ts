/**
 * Which connections have shown a token, what it gives them and until when. Verifying takes time, so a token is asked
 * about and answered later; what a client says meanwhile waits, within bounds. Knows neither keys nor messages sent.
 */
import type { SwarmId } from '../../shared/ids.ts'
import { TokenBucket } from '../../shared/token-bucket.ts'
import type { ClientMessage, RefusalCode } from '../../shared/tracker-messages.ts'
import { Bearers } from './bearers.ts'
import { Deadlines } from './deadlines.ts'
import type { Grant, Verification } from './grant.ts'
import { rateText, type TrackerLimits } from './limits.ts'
import type { Peer } from './peer.ts'
import { TokenUses } from './token-uses.ts'

export type Join = ClientMessage & { type: 'join' }

/** What a connection may do where a token is needed. */
export interface Access {
  grant: Grant | undefined
  /** When the grant runs out. */
  endMs: number
  /** The token that was counted as used on this connection: to show it again is no second use. */
  useId: string | undefined
  /** Joins that came before the token was verified, the latest of each swarm. */
  readonly waiting: Map<SwarmId, Join>
  /** Whether a token of it is being verified. */
  isVerifying: boolean
  /** Tokens that it may show. */
  readonly tokens: TokenBucket
}

export interface Denial {
  code: RefusalCode
  message: string
}

/** Whether a join is taken now, or once the token is verified. */
export type Gate = 'open' | 'waiting' | Denial

export interface Granted {
  leftMs: number
  /** What waited for it. */
  joins: Join[]
  /** Swarms that the token before was for, and this one is not. */
  lost: SwarmId[]
  region: string | undefined
  /** Whether the connection had no token that holds. */
  isFirst: boolean
  /** Whether only now it is known who pays for it: what waited was not charged to them. */
  isBorneAnew: boolean
  /** The token of which this was one of its uses. */
  used: TokenUse | undefined
}

/** One use of a token that has not many, which is remembered until then. */
export interface TokenUse {
  readonly id: string
  readonly endMs: number
}

export class Authorization {
  readonly #limits: TrackerLimits
  readonly #bearers: Bearers
  readonly #uses: TokenUses
  /** What is being verified, by number: whose token, and how long it is. The connection may be gone by now. */
  readonly #verifying = new Map<number, { peer: Peer; bytes: number }>()
  #verifyingBytes = 0
  #lastNumber = 0
  readonly #deadlines = new Deadlines<Peer>()
  /** As it was last told: connections end at any time. */
  #now = 0

  constructor(limits: TrackerLimits) {
    this.#limits = limits
    this.#bearers = new Bearers(limits)
    this.#uses = new TokenUses(limits.usedTokensMax)
  }

  /** The limits are others than before. */
  renew(): void {
    this.#bearers.renew()
  }

  /** How much is remembered. */
  get size(): { bearers: number; verifying: number; usedTokens: number } {
    return { bearers: this.#bearers.count, verifying: this.#verifying.size, usedTokens: this.#uses.size }
  }

  enter(peer: Peer, now: number): void {
    this.#now = now
    const { authorizationsPerSecond, authorizationsBurst, authorizeWithinMs } = this.#limits
    const tokens = new TokenBucket(authorizationsPerSecond, authorizationsBurst)
    peer.access = { grant: undefined, endMs: now, useId: undefined, waiting: new Map(), isVerifying: false, tokens }
    this.#deadlines.set(peer, now + authorizeWithinMs)
  }

  leave(peer: Peer): void {
    this.#deadlines.clear(peer)
    this.#unbear(peer)
    peer.access = undefined
  }

  #unbear(peer: Peer): void {
    const { bearer, accounts } = peer
    if (bearer === undefined) return
    accounts.splice(accounts.indexOf(bearer.account), 1)
    this.#bearers.leave(bearer, this.#now)
    peer.bearer = undefined
  }

  /** A client shows a token. @returns the number of its verification, or why it is not even looked at */
  show(peer: Peer, token: string, now: number): number | Denial {
    const { verificationsMax, verificationBytesMax } = this.#limits
    const access = peer.access!
    if (!access.tokens.take(1, now)) {
      return { code: 'too-fast', message: rateText(this.#limits, 'authorizations', 'tokens') }
    }
    if (access.isVerifying) return { code: 'too-fast', message: 'the token before this is still being verified' }
    const bytes = token.length
    if (this.#verifying.size >= verificationsMax || this.#verifyingBytes + bytes > verificationBytesMax) {
      return { code: 'unverified', message: 'too many tokens wait to be verified: come back later' }
    }
    access.isVerifying = true
    this.#verifyingBytes += bytes
    this.#verifying.set(++this.#lastNumber, { peer, bytes })
    return this.#lastNumber
  }

  /** A verification has ended. @returns the connection, if it is still there */
  settle(number: number): Peer | undefined {
    const verifying = this.#verifying.get(number)
    if (verifying === undefined) return undefined
    this.#verifying.delete(number)
    this.#verifyingBytes -= verifying.bytes
    const { peer } = verifying
    if (peer.access === undefined) return undefined
    peer.access.isVerifying = false
    return peer
  }

  /** What comes of a token for a connection that is still there. */
  take(peer: Peer, verification: Verification, now: number): Granted | Denial {
    const access = peer.access!
    const waiting = [...access.waiting.values()]
    access.waiting.clear()
    if (!verification.ok) return { code: verification.code, message: verification.message }
    const { grant } = verification
    const isBorneAnew = peer.bearer === undefined
    const denial = this.#bear(peer, grant, now)
    if (denial !== undefined) return denial
    const used = this.#use(peer, access, grant, now)
    if (used !== undefined && 'code' in used) return used
    const isFirst = access.grant === undefined
    access.grant = grant
    access.endMs = now + grant.leftMs
    this.#deadlines.set(peer, access.endMs + this.#limits.tokenGraceMs)
    const lost = [...peer.memberships.keys()].filter((swarm) => !grant.covers(swarm))
    return { leftMs: grant.leftMs, joins: waiting, lost, region: grant.region, isFirst, isBorneAnew, used }
  }

  /** A connection counts for the bearer of its first token: another token buys it nothing. */
  #bear(peer: Peer, grant: Grant, now: number): Denial | undefined {
    if (peer.bearer !== undefined) return undefined
    const bearer = this.#bearers.enter(grant.bearer, grant.peersMax, now)
    if (typeof bearer === 'string') return { code: 'too-many-connections', message: bearer }
    peer.bearer = bearer
    peer.accounts.push(bearer.account)
    return undefined
  }

  /** @returns the use that this is, if it is one, or why there is none left */
  #use(peer: Peer, access: Access, { use, leftMs }: Grant, now: number): TokenUse | Denial | undefined {
    if (use === undefined || use.id === access.useId) return undefined
    const endMs = now + leftMs + this.#limits.tokenGraceMs
    if (this.#uses.take(use.id, use.usesMax, endMs, now)) {
      access.useId = use.id
      return { id: use.id, endMs }
    }
    if (access.grant === undefined) this.#unbear(peer)
    return { code: 'bad-token', message: 'the token was used as often as it may be' }
  }

  /** A token was used at another tracker. */
  usedElsewhere({ id, endMs }: TokenUse, now: number): void {
    const { tokenLifetimeMaxMs, tokenGraceMs } = this.#limits
    this.#uses.note(id, Math.min(endMs, now + tokenLifetimeMaxMs + tokenGraceMs), now)
  }

  /** Whether a peer may enter this swarm now, or wait for it. */
  gate(peer: Peer, join: Join, now: number): Gate {
    const access = peer.access
    if (access === undefined) return 'open'
    const { grant, endMs, waiting } = access
    if (grant !== undefined && now < endMs) {
      return grant.covers(join.swarm) ? 'open' : { code: 'unauthorized', message: 'the token is not for this swarm' }
    }
    if (access.isVerifying) {
      const countMax = this.#limits.swarmsPerConnectionMax
      if (waiting.size >= countMax && !waiting.has(join.swarm)) {
        return { code: 'too-many-swarms', message: `at most ${countMax} swarms on one connection` }
      }
      waiting.set(join.swarm, join)
      return 'waiting'
    }
    if (grant !== undefined) return { code: 'token-expired', message: 'the token has run out' }
    return { code: 'unauthorized', message: 'this tracker wants a token before a join' }
  }

  /** A peer that waits for a swarm does so no longer. @returns whether it did */
  forgo(peer: Peer, swarm: SwarmId): boolean {
    return peer.access?.waiting.delete(swarm) ?? false
  }

  /** Connections whose token ran out a while ago (`ended`), and those that never showed one in time (`overdue`). */
  due(now: number): { ended: Peer[]; overdue: Peer[] } {
    this.#now = now
    this.#uses.expire(now)
    this.#bearers.expire(now)
    const ended: Peer[] = []
    const overdue: Peer[] = []
    for (const peer of this.#deadlines.take(now)) {
      const access = peer.access!
      if (access.grant !== undefined) ended.push(peer)
      else if (!access.isVerifying) overdue.push(peer)
      access.grant = undefined
      // Long enough for another token, whichever of these it was.
      this.#deadlines.set(peer, now + this.#limits.authorizeWithinMs)
    }
    return { ended, overdue }
  }
}
