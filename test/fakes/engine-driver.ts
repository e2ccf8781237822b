/**
 * An engine driven by hand on a clock of its own: every input is a call, every effect is on a list, and the peers are
 * puppets. After each input the engine's books must balance. Fails on an engine that asks to be woken without end.
 */
import { Engine } from '../../client/core/engine.ts'
import type { Effect, Input, Order } from '../../client/core/engine-events.ts'
import type { Mode } from '../../client/core/mode.ts'
import type { Swarm } from '../../client/core/swarm.ts'
import { assert } from '../../shared/assert.ts'
import { Bitfield } from '../../shared/bitfield.ts'
import { type Bytes, fromHex } from '../../shared/bytes.ts'
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import { frameBytesMax, KiB, MiB } from '../../shared/limits.ts'
import { createRng } from '../../shared/rng.ts'
import type { Tier, TrackerMessage } from '../../shared/tracker-messages.ts'
import { encodeWire, type WireMessage, wireVersion } from '../../shared/wire.ts'
import { ModelFile } from '../sim/model-file.ts'
import { bookFaults } from './engine-books.ts'

export type EffectOf<T extends Effect['type']> = Extract<Effect, { type: T }>
type MessageOf<T extends WireMessage['type']> = Extract<WireMessage, { type: T }>

/** More wakes than this within a second of the clock is a loop. */
const wakesPerSecondMax = 300

/** The room of a link that is never full. */
const roomBytesMax = 64 * MiB

export interface DriverPlan {
  mode?: Mode
  tracker?: boolean
  hasToken?: boolean
  uploadBytesPerSecondMax?: number
  uploadRatioMax?: number
  linkCountMax?: number
  chunkCount?: number
  chunkBytes?: number
  fileBytes?: number
  /** Digests and readings are left to the test. */
  isManual?: boolean
  /** The edges that the tracker names have the file too. */
  hasEdges?: boolean
  mirrors?: readonly string[]
  seed?: number
}

export const peerId = (name: string | number): PeerId => `${name}`.padEnd(22, '-') as PeerId

export class EngineDriver {
  readonly engine: Engine
  readonly file: ModelFile
  readonly log: Effect[] = []
  readonly #isManual: boolean
  readonly #hasEdges: boolean
  readonly #mirrors: readonly string[]
  now = 1_000
  #taken = 0

  constructor(plan: DriverPlan = {}) {
    const { chunkBytes = 64 * KiB, chunkCount = 8, isManual = false, seed = 1 } = plan
    this.file = new ModelFile(plan.fileBytes ?? chunkCount * chunkBytes, chunkBytes)
    this.#isManual = isManual
    this.#hasEdges = plan.hasEdges ?? false
    this.#mirrors = plan.mirrors ?? []
    const settings = {
      mode: plan.mode ?? 'balanced',
      tracker: plan.tracker ?? true,
      hasToken: plan.hasToken ?? false,
      uploadBytesPerSecondMax: plan.uploadBytesPerSecondMax ?? Number.POSITIVE_INFINITY,
      uploadRatioMax: plan.uploadRatioMax ?? Number.POSITIVE_INFINITY,
      linkCountMax: plan.linkCountMax ?? 20,
      instance: '80'.repeat(8),
    }
    this.engine = new Engine(settings, createRng([seed, 2, 3, 4]))
  }

  /** The engine's own view of the file. */
  get swarm(): Swarm {
    const swarm = this.engine.core.swarms.get(this.file.swarm)
    assert(swarm !== undefined, 'the file is not open')
    return swarm
  }

  /** @returns the effects of this input alone */
  give(input: Input): Effect[] {
    const effects = this.engine.handle(input, this.now)
    this.log.push(...effects)
    const faults = bookFaults(this.engine)
    assert(faults.length === 0, `after ${input.type}: ${faults.join('; ')}`)
    if (!this.#isManual) this.#answer(effects)
    return effects
  }

  #answer(effects: Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'digest') this.digest(effect)
      // Where the test gave a link all the room there is, what is sent is gone at once.
      if (effect.type === 'askRoom' && (this.engine.core.remotes.get(effect.peer)?.roomBytes ?? 0) > roomBytesMax / 2) {
        this.give({ type: 'drained', peer: effect.peer, roomBytes: roomBytesMax })
      }
      if (effect.type === 'read') {
        const { swarm, index } = effect
        this.give({ type: 'chunkRead', swarm, index, bytes: this.file.chunk(index) })
      }
    }
  }

  /** Answers as an honest hasher does. */
  digest({ swarm, index, bytes }: EffectOf<'digest'>): Effect[] {
    return this.give({ type: 'digested', swarm, index, bytes, hash: this.file.digest(index, bytes) })
  }

  /** All effects of one type since the last `forget`. */
  all<T extends Effect['type']>(type: T): EffectOf<T>[] {
    return this.log.slice(this.#taken).filter((effect): effect is EffectOf<T> => effect.type === type)
  }

  forget(): void {
    this.#taken = this.log.length
  }

  /** Lets time pass, with every wake that the engine asks for. */
  pass(ms: number): void {
    const end = this.now + ms
    let wakes = 0
    for (let at = this.engine.nextWake(); at <= end; at = this.engine.nextWake()) {
      this.now = Math.max(this.now, at)
      this.give({ type: 'wake' })
      assert(++wakes <= wakesPerSecondMax * Math.max(1, ms / 1_000), `${wakes} wakes in ${ms} ms`)
    }
    this.now = end
  }

  consent(granted = true): void {
    this.give({ type: 'consent', granted })
  }

  /** Opens the file, with the HTTP answer that is under way if `withRun`. @returns the run's number */
  open(withRun = false): number | undefined {
    const { swarm, manifest, hashes, geometry } = this.file
    const id = withRun ? this.engine.takeRunId() : undefined
    this.give({
      type: 'open',
      swarm,
      manifest,
      hashes,
      hasEdges: this.#hasEdges,
      mirrors: this.#mirrors,
      ...(id !== undefined && { run: { id, to: geometry.fileBytes } }),
    })
    return id
  }

  want(order: Order = 'bulk', from = 0, to = this.file.geometry.fileBytes, want = 1): Effect[] {
    return this.give({ type: 'want', swarm: this.file.swarm, want, from, to, order })
  }

  /** Ends the runs that are open, as an origin that is down does, and waits until the engine would try again. */
  dropRuns(): void {
    for (const run of [...this.swarm.runs.keys()]) this.failRun(run)
    this.forget()
  }

  unwant(want = 1): Effect[] {
    return this.give({ type: 'unwant', swarm: this.file.swarm, want })
  }

  tracker(message: TrackerMessage): Effect[] {
    return this.give({ type: 'trackerMessage', message })
  }

  /** The tracker says welcome, and the file is opened and wanted. */
  start(order: Order = 'bulk'): void {
    this.consent()
    this.open()
    this.tracker({ type: 'welcome', id: peerId('m') })
    this.want(order)
  }

  introduce(peers: PeerId[], swarm: SwarmId = this.file.swarm, tier: Tier = 'network'): Effect[] {
    return this.tracker({
      type: 'peers',
      swarm,
      peers: peers.map((id) => ({ id, tier })),
      size: peers.length + 1,
      ahead: 0,
    })
  }

  /** A peer that is introduced, linked, greeted, and attached with these chunks (all by default). */
  meet(
    name: string | number,
    have: Iterable<number> = this.indexes,
    instance = `${this.engine.core.rng.uint32()}`,
  ): Puppet {
    const puppet = new Puppet(this, peerId(name))
    this.introduce([puppet.id])
    puppet.open()
    puppet.greet(instance)
    puppet.attach(have)
    return puppet
  }

  get indexes(): number[] {
    return Array.from({ length: this.file.geometry.chunkCount }, (_, index) => index)
  }

  /** Feeds a run with the file's true bytes, or what `change` makes of them. */
  feed(run: number, from: number, to: number, change: (bytes: Bytes) => Bytes = (bytes) => bytes): void {
    for (let at = from; at < to; ) {
      const index = this.file.geometry.chunkAt(at)
      const start = at - this.file.geometry.startOf(index)
      const bytes = this.file.chunk(index).slice(start, start + Math.min(to - at, 16 * KiB))
      this.give({ type: 'runBytes', run, bytes: change(bytes) })
      at += bytes.length
    }
  }

  /** Brings all of a run that the engine has opened. */
  serve({ run, from, to }: EffectOf<'openRun'>): void {
    this.feed(run, from, to)
    this.give({ type: 'runEnded', run })
  }

  failRun(run: number, over: Partial<Extract<Input, { type: 'runFailed' }>> = {}): Effect[] {
    return this.give({ type: 'runFailed', run, reason: 'down', retry: true, changed: false, retryAfterMs: 0, ...over })
  }
}

/** The other end of a link, worked by the test. */
export class Puppet {
  readonly driver: EngineDriver
  readonly id: PeerId
  slot = 5

  constructor(driver: EngineDriver, id: PeerId) {
    this.driver = driver
    this.id = id
  }

  open(): void {
    this.driver.give({ type: 'linkOpen', peer: this.id, frameBytesMax, roomBytes: roomBytesMax })
  }

  greet(instance: string): Effect[] {
    const bytes = fromHex(instance.padStart(16, '0').slice(0, 16))!
    return this.say({ type: 'hello', version: wireVersion, instance: bytes, frameBytesMax })
  }

  attach(have: Iterable<number>, swarm: SwarmId = this.driver.file.swarm): Effect[] {
    const field = new Bitfield(this.driver.file.geometry.chunkCount)
    for (const index of have) field.add(index)
    return this.say({ type: 'attach', slot: this.slot, swarm: fromHex(swarm)!, have: field.bytes })
  }

  say(message: WireMessage): Effect[] {
    return this.frame(encodeWire(message))
  }

  frame(frame: Uint8Array): Effect[] {
    return this.driver.give({ type: 'frame', peer: this.id, frame })
  }

  /** What it was sent, of one type, since the driver last forgot. */
  heard<T extends WireMessage['type']>(type: T): MessageOf<T>[] {
    return this.driver
      .all('send')
      .filter(({ peer, message }) => peer === this.id && message.type === type)
      .map(({ message }) => message as MessageOf<T>)
  }

  /** The chunks that it was asked for, in order. */
  get asked(): number[] {
    return [...new Set(this.heard('request').flatMap(({ parts }) => parts.map(({ index }) => index)))]
  }

  /** Sends a whole chunk, in slices, as `change` makes it. */
  send(index: number, change: (bytes: Bytes) => Bytes = (bytes) => bytes): Effect[] {
    const bytes = change(this.driver.file.chunk(index).slice())
    const effects: Effect[] = []
    for (let offset = 0; offset < bytes.length; offset += 64 * KiB) {
      const payload = bytes.subarray(offset, offset + 64 * KiB)
      effects.push(...this.say({ type: 'data', slot: this.slot, index, offset, payload }))
    }
    return effects
  }

  /** Answers the pings that it was sent. */
  pong(): void {
    for (const { nonce } of this.heard('ping')) this.say({ type: 'pong', nonce, clock: this.driver.now })
  }

  get isLinked(): boolean {
    return this.driver.engine.core.remotes.has(this.id)
  }
}

/** One bit flipped: the least that a liar can do. */
export const flip = (bytes: Bytes): Bytes => {
  const wrong = bytes.slice()
  wrong[0]! ^= 1
  return wrong
}
