/**
 * The bus over Redis 6.2 and later, or Valkey: one channel for each node and one for all, and one hash of digests for
 * each swarm. The only file that knows Redis. Nothing there is precious: it may be emptied, or gone, at any time.
 */
import { createClient } from '@redis/client'
import type { Log } from '../../shared/log.ts'
import { Durations } from '../core/durations.ts'
import type { NodeId } from '../core/node-ids.ts'
import type { Topic } from '../core/topics.ts'
import { type Bus, type BusListener, digestLifetimeMsMax, digestsPerReadMax } from '../ports.ts'
import { WaitingMessages } from './waiting-messages.ts'

export interface RedisBusOptions {
  /** `redis://` or, with TLS, `rediss://`; user, password and database may stand in it. */
  url: string
  /** In place of one in the address. */
  password?: string
  /** By which an operator finds this tracker in `CLIENT LIST`. */
  name?: string
  log: Log
}

const prefix = 'nearcast:'
const allChannel = `${prefix}all`
const channelOf = (node: NodeId) => `${prefix}node:${node}`
const digestsOf = (topic: Topic) => `${prefix}digests:${topic}`

const connectTimeoutMs = 5_000

/** A server that hangs is noticed by a ping without an answer. */
const pingMs = 3_000
const silenceMsMax = 10_000

/** Trackers that lost the same server come back at random times, at first soon. */
const reconnectMsMin = 100
const reconnectMsMax = 10_000

/** Commands that wait for an answer; a server that is so far behind is of no use. */
const unansweredMax = 5_000

/** After the server was gone others may need as long to listen again: that nobody hears says nothing until then. */
const regatherMs = 15_000

/** For what was said last to be sent. */
const farewellMs = 1_000

/** A fault that stays is told once in this time. */
const logGapMs = 60_000

/** Another machine's clock may be behind by so much before its digests are taken for dead ones. */
const clockDifferenceMsMax = 60_000

export class RedisBus implements Bus {
  readonly #commands
  readonly #subscriber
  readonly #log: Log
  /** The address without its password. */
  readonly #address: string
  readonly #waiting = new WaitingMessages()
  readonly #own = new Map<Topic, number>()
  #node: NodeId | undefined
  #listener: BusListener | undefined
  #isSubscribed = false
  #isClosed = false
  #wasUp: boolean | undefined
  #unanswered = 0
  #reconnectedAt = Number.NEGATIVE_INFINITY
  #toldAt = Number.NEGATIVE_INFINITY
  #refusedCount = 0
  readonly publishTimes = new Durations()

  /** @throws Error on an address that is none */
  constructor({ url, password, name, log }: RedisBusOptions) {
    this.#log = log
    this.#address = withoutPassword(url)
    const client = createClient({
      url: password === undefined ? url : withPassword(url, password),
      ...(name !== undefined && { name: `nearcast/${name}` }),
      RESP: 2,
      disableOfflineQueue: true,
      disableClientInfo: true,
      maintNotifications: 'disabled',
      commandsQueueMaxLength: 2 * unansweredMax,
      pingInterval: pingMs,
      socket: {
        connectTimeout: connectTimeoutMs,
        socketTimeout: silenceMsMax,
        reconnectStrategy: (retries) => {
          const spreadMs = Math.min(reconnectMsMax, reconnectMsMin * 2 ** Math.min(retries, 10))
          return reconnectMsMin + Math.random() * spreadMs
        },
      },
    })
    this.#commands = client
    this.#subscriber = client.duplicate()
  }

  get isUp(): boolean {
    return this.#commands.isReady && this.#subscriber.isReady && this.#isSubscribed
  }

  get droppedCount(): number {
    return this.#refusedCount + this.#waiting.droppedCount
  }

  open(node: NodeId, listener: BusListener): void {
    this.#node = node
    this.#listener = listener
    for (const client of [this.#commands, this.#subscriber]) {
      client.on('ready', () => this.#changed())
      client.on('error', (error: Error) => this.#changed(error))
    }
    const hear = (text: string) => this.#listener?.message(text)
    // Without an offline queue a subscription needs a connection; once made it is renewed by itself.
    this.#subscriber.on('ready', () => {
      if (!this.#isSubscribed) void this.#subscribe([channelOf(node), allChannel], hear)
    })
    for (const client of [this.#commands, this.#subscriber]) client.connect().catch(() => {})
  }

  async #subscribe(channels: string[], hear: (text: string) => void): Promise<void> {
    const done = await this.#attempt(this.#subscriber.subscribe(channels, hear).then(() => true))
    this.#isSubscribed = done === true
    this.#changed()
  }

  publish(node: NodeId | undefined, text: string): void {
    if (this.#isClosed) return
    if (this.#commands.isReady) this.#publish(node, text)
    else this.#waiting.add({ node, text }, performance.now())
  }

  #publish(node: NodeId | undefined, text: string): void {
    const startedMs = performance.now()
    const sent = this.#send(() => this.#commands.publish(node === undefined ? allChannel : channelOf(node), text))
    void sent?.then((heardBy) => {
      if (heardBy !== undefined) this.publishTimes.add((performance.now() - startedMs) / 1_000)
      if (node !== undefined && heardBy === 0 && performance.now() - this.#reconnectedAt >= regatherMs) {
        this.#listener?.unheard(node)
      }
    })
  }

  putDigest(topic: Topic, text: string, lifetimeMs: number): void {
    const node = this.#node
    if (node === undefined || !this.#commands.isReady) return
    const expiresAt = Date.now() + lifetimeMs
    const value = `${expiresAt} ${text}`
    this.#keep(topic, expiresAt)
    void this.#send(() => this.#commands.hSet(digestsOf(topic), node, value))
    void this.#send(() => this.#commands.pExpire(digestsOf(topic), digestLifetimeMsMax))
  }

  /** Topics in which this node has a digest, in the order in which these end. */
  #keep(topic: Topic, expiresAt: number): void {
    this.#own.delete(topic)
    this.#own.set(topic, expiresAt)
    for (const [oldest, at] of this.#own) {
      if (at > Date.now()) return
      this.#own.delete(oldest)
    }
  }

  readDigests(topic: Topic): void {
    if (!this.#commands.isReady) return
    // One more, because this node's own may be among them.
    const read = this.#send(() => this.#commands.hRandFieldCountWithValues(digestsOf(topic), digestsPerReadMax + 1))
    void read?.then((entries) => {
      if (entries !== undefined) this.#listener?.digests(topic, this.#living(topic, entries))
    })
  }

  /** Other nodes' digests that are not over; what is long over, or was never one, is taken away. */
  #living(topic: Topic, entries: readonly { field: string; value: string }[]): string[] {
    const texts: string[] = []
    const dead: string[] = []
    for (const { field, value } of entries) {
      const space = value.indexOf(' ')
      const expiresAt = Number(value.slice(0, Math.max(0, space)))
      if (!(expiresAt + clockDifferenceMsMax > Date.now())) dead.push(field)
      else if (field !== this.#node && expiresAt > Date.now()) texts.push(value.slice(space + 1))
    }
    if (dead.length > 0) void this.#send(() => this.#commands.hDel(digestsOf(topic), dead))
    return texts.slice(0, digestsPerReadMax)
  }

  /** Sends a command unless too many wait for their answer. Faults end here. */
  #send<T>(command: () => Promise<T>): Promise<T | undefined> | undefined {
    if (this.#unanswered >= unansweredMax) {
      this.#refusedCount++
      return undefined
    }
    this.#unanswered++
    return this.#attempt(command()).finally(() => this.#unanswered--)
  }

  #attempt<T>(command: Promise<T>): Promise<T | undefined> {
    return command.catch((error: Error) => {
      // What fails for want of a connection is told of by the connection.
      if (this.#commands.isReady && !this.#isClosed && performance.now() - this.#toldAt >= logGapMs) {
        this.#toldAt = performance.now()
        this.#log.warn({ bus: this.#address, error: error.message }, 'the bus refuses what this tracker asks of it')
      }
      return undefined
    })
  }

  /** One line when it goes, one when it comes: it may be gone for hours. */
  #changed(error?: Error): void {
    const { isUp } = this
    if (this.#isClosed || isUp === this.#wasUp) return
    if (isUp) {
      if (this.#wasUp !== undefined) this.#reconnectedAt = performance.now()
      this.#log.info({ bus: this.#address }, 'the bus is up')
      for (const { node, text } of this.#waiting.take(performance.now())) this.#publish(node, text)
    } else if (error !== undefined) {
      const fields = { bus: this.#address, error: reasonOf(error) }
      this.#log.warn(fields, 'the bus is out of reach: this tracker goes on alone, and keeps trying')
    } else {
      return
    }
    this.#wasUp = isUp
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#listener = undefined
    // What was said last, a farewell, is still sent, if the server answers; and what is kept there of this node goes.
    const isReady = this.#commands.isReady && this.#node !== undefined
    if (isReady)
      for (const topic of this.#own.keys()) void this.#send(() => this.#commands.hDel(digestsOf(topic), this.#node!))
    const ended = isReady ? this.#commands.close() : undefined
    const timer = setTimeout(() => this.#commands.destroy(), farewellMs)
    await ended?.catch(() => {})
    clearTimeout(timer)
    for (const client of [this.#commands, this.#subscriber]) if (client.isOpen) client.destroy()
  }
}

/** The client takes user and password from the address alone, once one of them stands there. */
function withPassword(url: string, password: string): string {
  const whole = new URL(url)
  whole.password = encodeURIComponent(password)
  return whole.href
}

function withoutPassword(url: string): string {
  const { protocol, host } = new URL(url)
  return `${protocol}//${host}`
}

/** An error of several attempts (IPv4 and IPv6) has no message of its own. */
function reasonOf(error: Error): string {
  const [first] = error instanceof AggregateError ? error.errors : []
  return first instanceof Error ? first.message : error.message
}
