/** One remote peer and the link to it: what both sides said, what is under way, how it behaved. */
import type { Bytes } from '../../shared/bytes.ts'
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import { frameBytesSafe } from '../../shared/limits.ts'
import { TokenBucket } from '../../shared/token-bucket.ts'
import type { Tier } from '../../shared/tracker-messages.ts'
import type { Candidate, Description } from './engine-events.ts'
import { ForwardDelay } from './forward-delay.ts'
import { RateMeter, RoundTrip, Service } from './rate.ts'
import { saidBurstMax, saidPerSecondMax } from './settings.ts'
import type { Holdings } from './swarm.ts'
import type { Transfer } from './transfer.ts'

/** A request of the remote's that waits here. `bytes` is the chunk once it is read. */
export interface UploadRequest {
  readonly swarm: SwarmId
  readonly index: number
  readonly offset: number
  readonly length: number
  sentBytes: number
  reading: boolean
  bytes: Bytes | undefined
}

export class Remote {
  readonly id: PeerId
  readonly tier: Tier
  readonly initiator: boolean
  /** The attempt that this link belongs to: signals of another one are dropped. */
  readonly session: string
  state: 'dialing' | 'greeting' | 'open' = 'dialing'
  readonly startedAt: number

  /** Signals found here and not yet sent. */
  pendingDescription: Description | undefined
  pendingCandidates: Candidate[] = []
  pendingSince: number | undefined

  /** Swarms to attach as soon as the link is open: those in which the tracker introduced us. */
  readonly introducedIn = new Set<SwarmId>()
  readonly mySlots = new Map<SwarmId, number>()
  readonly theirSlots = new Map<number, SwarmId>()
  /** Their slots of swarms that this side has left: what still comes under them is no fault. */
  readonly leftSlots = new Set<number>()
  lastSlot = -1
  /** Since when the link has carried no swarm. */
  idleSince: number | undefined
  readonly holdings = new Map<SwarmId, Holdings>()
  /** The chunks [first, end) that the peer said are coming to it from the origin, and until when that is believed. */
  readonly claims = new Map<SwarmId, { first: number; end: number; until: number }[]>()
  /** A claim ran out and its chunks had not come: no other is believed. */
  isClaimBroken = false
  instance = ''
  frameBytesMax = frameBytesSafe
  roomBytes = 0
  /** The room of an empty send queue. */
  roomBytesMax = 0

  readonly transfers = new Map<SwarmId, Map<number, Transfer>>()
  /** Asked for and not yet here. */
  inFlightBytes = 0
  /** Requests taken back whose bytes may still come, oldest first: see withdrawals.ts. */
  readonly withdrawn = new Map<string, { at: number; number: number }>()
  withdrawnCount = 0
  /** The ping whose answer says that the bytes of the first so many have all come. */
  fence: { nonce: number; number: number } | undefined
  readonly downRate = new RateMeter()
  readonly upRate = new RateMeter()
  readonly roundTrip = new RoundTrip()
  readonly service = new Service()
  readonly forwardDelay = new ForwardDelay()
  /** When progress was last made, and what has come since: see downloads.ts. */
  lastByteAt = 0
  progressBytes = 0
  /** How long it has been asked for something in vain, until its last request was taken back. */
  waitedMs = 0
  lastHeardAt = 0
  /** Asked for nothing before this: it stalled, or said that it is busy. */
  restUntil = 0
  /** What it may still say: see settings.ts. */
  readonly patience = new TokenBucket(saidPerSecondMax, saidBurstMax)
  /** Bytes of requests taken back that may still come. */
  lateBytes = 0
  stalls = 0
  /** Chunks that it said it has and then did not, since the last one that it gave. */
  misses = 0
  /** Recalls from it since it last brought something. */
  recalls = 0
  strikes = 0

  uploads: UploadRequest[] = []
  /** Chunks that are being read for requests that were taken back. */
  lateReads: { readonly swarm: SwarmId; readonly index: number; readonly bytes: number }[] = []
  uploadBytes = 0
  /** What it may be sent in its turn: see upload-turns.ts. */
  creditBytes = 0
  /** When it was last sent a part of a chunk, and when it last sent one. */
  sentAt = Number.NEGATIVE_INFINITY
  receivedAt = Number.NEGATIVE_INFINITY
  pingSentAt: number | undefined
  pingNonce = 0

  /** How many connections the link is to have: see lanes.ts. */
  readonly lanes = { connectionCount: 1, rateBefore: 0, trialEndsAt: Number.POSITIVE_INFINITY, restUntil: 0 }
  /** Bytes of chunks that came, verified or not. */
  receivedBytes = 0
  downloadedBytes = 0
  /** The part of them that the tracker was told of. */
  reportedBytes = 0
  uploadedBytes = 0
  refusedBytes = 0

  constructor(init: { id: PeerId; tier: Tier; initiator: boolean; session: string; now: number }) {
    this.id = init.id
    this.tier = init.tier
    this.initiator = init.initiator
    this.session = init.session
    this.startedAt = init.now
  }

  transfersOf(swarm: SwarmId): Map<number, Transfer> {
    let transfers = this.transfers.get(swarm)
    if (!transfers) {
      transfers = new Map()
      this.transfers.set(swarm, transfers)
    }
    return transfers
  }
}
