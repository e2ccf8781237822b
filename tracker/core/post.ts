/**
 * Words between this tracker and the others of its service: puts them into envelopes, opens those that come, and keeps
 * every tracker to a rate. Counts what it does not take. Knows what a message looks like, not what it asks for.
 */
import { zeroCounts } from '../../shared/counts.ts'
import { keepNewest } from '../../shared/newest.ts'
import { TokenBucket } from '../../shared/token-bucket.ts'
import { type BusCipher, type EnvelopeFault, Envelopes, envelopeFaults, everyone } from './bus-envelope.ts'
import { type BusMessage, type Digest, parseBusMessage, parseDigest } from './bus-messages.ts'
import type { BusEffect } from './effects.ts'
import type { NodeId } from './node-ids.ts'
import type { Topic } from './topics.ts'

/** Why something from another tracker was not taken. */
export type BusFault = EnvelopeFault | 'not-introduced' | 'too-fast'
const busFaults: readonly BusFault[] = [...envelopeFaults, 'not-introduced', 'too-fast']

/** What one tracker may say to this one: twice what the signals of 20,000 peers who come within a minute are. */
const messagesPerSecond = 4_000
const messagesBurst = 8_000

/** Trackers that may speak at a time; more are of a faulty one. */
const nodeCountMax = 256

export interface PostOptions {
  /** This run of this tracker. */
  readonly node: NodeId
  /** Under the key that all trackers of the service share. */
  readonly cipher: BusCipher
  /** Carries out what the bus is to do. */
  readonly emit: (effect: BusEffect) => void
  /** What makes of this machine's time that of all trackers. */
  readonly epochMs: number
}

export class Post {
  readonly node: NodeId
  readonly #envelopes: Envelopes
  #epochMs: number
  readonly emit: (effect: BusEffect) => void
  readonly #buckets = new Map<NodeId, TokenBucket>()
  readonly dropped = zeroCounts(busFaults)
  sentCount = 0
  receivedCount = 0

  constructor({ node, cipher, emit, epochMs }: PostOptions) {
    this.node = node
    this.emit = emit
    this.#envelopes = new Envelopes(node, cipher)
    this.#epochMs = epochMs
  }

  /** A machine's clock is set now and then, while the one that never goes back goes on. */
  synchronize(epoch: number, now: number): void {
    this.#epochMs = epoch - now
  }

  /** The time of all trackers. */
  epoch(now: number): number {
    return now + this.#epochMs
  }

  /** @param node undefined for all others */
  say(node: NodeId | undefined, message: BusMessage, now: number): void {
    this.sentCount++
    const text = this.#envelopes.wrap(node ?? everyone, JSON.stringify(message), this.epoch(now))
    this.emit({ type: 'publish', node, text })
  }

  put(topic: Topic, digest: Digest, now: number): void {
    const text = this.#envelopes.wrap(topic, JSON.stringify(digest), this.epoch(now))
    this.emit({ type: 'putDigest', topic, text, lifetimeMs: digest.forMs })
  }

  /** @returns nothing for what is not taken, or not known here */
  open(envelope: string, now: number): { from: NodeId; message: BusMessage } | undefined {
    const opened = this.#envelopes.openMessage(envelope, this.epoch(now))
    if (opened === undefined) return undefined
    if (typeof opened === 'string') return void this.drop(opened)
    const { from, text } = opened
    if (!this.#bucketOf(from).take(1, now)) return void this.drop('too-fast')
    const message = parseBusMessage(text)
    if (message === undefined) return void this.drop('malformed')
    this.receivedCount++
    return message === 'unknown' ? undefined : { from, message }
  }

  openDigest(topic: Topic, envelope: string, now: number): { from: NodeId; at: number; digest: Digest } | undefined {
    const opened = this.#envelopes.openDigest(topic, envelope, this.epoch(now))
    if (typeof opened === 'string') return void this.drop(opened)
    const digest = parseDigest(opened.text)
    if (digest === undefined) return void this.drop('malformed')
    return { from: opened.from, at: opened.at, digest }
  }

  drop(fault: BusFault): never[] {
    this.dropped[fault]++
    return []
  }

  #bucketOf(node: NodeId): TokenBucket {
    const bucket = this.#buckets.get(node) ?? new TokenBucket(messagesPerSecond, messagesBurst)
    keepNewest(this.#buckets, node, bucket, nodeCountMax)
    return bucket
  }
}
