/**
 * The only interpreter of the engine's effects, with one timer that serves `nextWake`. Inputs are handled one after
 * another, in the order in which they came, also those that an effect brings about at once.
 */
import { assertNever } from '../../shared/assert.ts'
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import type { Log } from '../../shared/log.ts'
import { parseTrackerMessage } from '../../shared/tracker-messages.ts'
import { dataHeaderBytes, encodeWire } from '../../shared/wire.ts'
import type { Engine } from '../core/engine.ts'
import type { Effect, Input } from '../core/engine-events.ts'
import { payloadBytesAim } from '../core/settings.ts'
import type { Clock, Dialer, Hasher, HttpSource, Link, TrackerDialer, TrackerEvents, TrackerSocket } from '../ports.ts'
import { addressAt } from './edge-address.ts'
import { iceServersOf } from './ice-servers.ts'
import { connectLater } from './later-tracker.ts'
import type { OpenFile } from './open-file.ts'
import type { TokenSource } from './token-source.ts'
import type { Vault } from './vault.ts'
import { WakeTimer } from './wake-timer.ts'

export interface RuntimeParts {
  engine: Engine
  vault: Vault
  hasher: Hasher
  http: HttpSource
  dialer: Dialer
  trackerDialer: TrackerDialer
  trackerUrl: string | undefined
  clock: Clock
  tokens: TokenSource
  log: Log
}

export class Runtime {
  readonly #parts: RuntimeParts
  readonly #files = new Map<SwarmId, OpenFile>()
  readonly #links = new Map<PeerId, Link>()
  readonly #runs = new Map<number, () => void>()
  #tracker: TrackerSocket | undefined
  readonly #inputs: Input[] = []
  #isHandling = false
  readonly #timer: WakeTimer
  /** HTTP answers that are not read on while the engine takes no more. */
  readonly #waiters: (() => void)[] = []
  #isClosed = false
  /** Links copy what they send (test/contract/link.ts): one buffer serves all data frames, and no new memory is touched. */
  readonly #frameSpace = new Uint8Array(dataHeaderBytes + payloadBytesAim)

  constructor(parts: RuntimeParts) {
    this.#parts = parts
    const { clock, engine } = parts
    this.#timer = new WakeTimer(
      clock,
      () => engine.nextWake(),
      () => this.input({ type: 'wake' }),
    )
  }

  get engine(): Engine {
    return this.#parts.engine
  }

  get now(): number {
    return this.#parts.clock.now()
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  addFile(file: OpenFile): void {
    this.#files.set(file.id, file)
  }

  fileOf(id: SwarmId): OpenFile | undefined {
    return this.#files.get(id)
  }

  get files(): IterableIterator<OpenFile> {
    return this.#files.values()
  }

  removeFile(file: OpenFile): void {
    this.input({ type: 'shut', swarm: file.id })
    this.#files.delete(file.id)
  }

  /** Lets the engine know how to end an HTTP answer that was opened outside it. */
  addRun(run: number, cancel: () => void): void {
    this.#runs.set(run, cancel)
  }

  input(input: Input): void {
    if (this.#isClosed) return
    this.#inputs.push(input)
    if (this.#isHandling) return
    this.#isHandling = true
    try {
      for (let next = this.#inputs.shift(); next; next = this.#inputs.shift()) {
        for (const effect of this.#parts.engine.handle(next, this.now)) this.#run(effect)
      }
    } finally {
      this.#isHandling = false
    }
    if (!this.engine.isPressed) this.#readOn()
    if (!this.#isClosed) this.#timer.schedule()
  }

  #readOn(): void {
    for (const wake of this.#waiters.splice(0)) wake()
  }

  /** Hands an HTTP answer's bytes to the engine; the next ones may come when the promise is fulfilled. */
  runBytes(run: number, bytes: Uint8Array): Promise<void> | undefined {
    this.input({ type: 'runBytes', run, bytes })
    if (this.#isClosed || !this.engine.isPressed) return undefined
    return new Promise((resolve) => this.#waiters.push(resolve))
  }

  runFailed(run: number, failure: { reason: string; retry: boolean; changed?: boolean; retryAfterMs?: number }): void {
    this.#runs.delete(run)
    const { reason, retry, changed = false, retryAfterMs = 0 } = failure
    this.input({ type: 'runFailed', run, reason, retry, changed, retryAfterMs })
  }

  runEnded(run: number): void {
    this.#runs.delete(run)
    this.input({ type: 'runEnded', run })
  }

  #run(effect: Effect): void {
    switch (effect.type) {
      case 'send':
        return this.#links.get(effect.peer)?.send(encodeWire(effect.message, this.#frameSpace))
      case 'askRoom': {
        const roomBytes = this.#links.get(effect.peer)?.roomBytes ?? 0
        if (roomBytes > 0) this.input({ type: 'drained', peer: effect.peer, roomBytes })
        return
      }
      case 'digest':
        return void this.#digest(effect)
      case 'digestLeaf':
        return this.#digestLeaf(effect)
      case 'keep':
        return this.#files.get(effect.swarm)?.kept(effect.index, effect.bytes, effect.source)
      case 'release':
        return this.#files.get(effect.swarm)?.released(effect.from, effect.bytes)
      case 'read':
        return this.#read(effect)
      case 'fetchPage':
        return void this.#fetchPage(effect)
      case 'openRun':
        return this.#openRun(effect)
      case 'closeRun': {
        const cancel = this.#runs.get(effect.run)
        this.#runs.delete(effect.run)
        return cancel?.()
      }
      case 'failed':
        return this.#files.get(effect.swarm)?.fail(effect.code, effect.reason)
      case 'connectTracker':
        return this.#connectTracker(effect.resume)
      case 'closeTracker': {
        // Forgotten first: what it says in closing is said to nobody.
        const socket = this.#tracker
        this.#tracker = undefined
        return socket?.close()
      }
      case 'fetchToken':
      case 'shutOut':
        return this.#parts.tokens.run(effect, (token) => this.input({ type: 'token', token }))
      case 'tell':
        return this.#tracker?.send(JSON.stringify(effect.message))
      case 'iceServers':
        return this.#parts.dialer.useIceServers?.(iceServersOf(effect, this.#parts.trackerUrl))
      case 'dial':
        return this.#dial(effect.peer, effect.initiator)
      case 'linkSignal': {
        const link = this.#links.get(effect.peer)
        if (effect.description) link?.signal({ description: effect.description })
        return effect.candidate && link?.signal({ candidate: effect.candidate })
      }
      case 'widen':
        return this.#links.get(effect.peer)?.widen?.(effect.connectionCount)
      case 'hangUp': {
        const link = this.#links.get(effect.peer)
        this.#links.delete(effect.peer)
        return link?.close()
      }
      default:
        return assertNever(effect)
    }
  }

  async #digest({ swarm, index, bytes }: Extract<Effect, { type: 'digest' }>): Promise<void> {
    const file = this.#files.get(swarm)
    if (!file) return
    const hash = await this.#parts.vault.hashOf(file.manifest, bytes)
    // With a wrong layer nobody's bytes could be right: the fault is the manifest's, and no peer is blamed for it.
    if (!(await file.layerProven)) return file.fail('corrupt-origin', 'the manifest does not lead to its root')
    this.input({ type: 'digested', swarm, index, bytes, hash })
  }

  #digestLeaf({ swarm, leaf, bytes }: Extract<Effect, { type: 'digestLeaf' }>): void {
    const { hasher } = this.#parts
    void hasher.leafHashes(bytes).then((hash) => this.input({ type: 'leafDigested', swarm, leaf, bytes, hash }))
  }

  #read({ swarm, index }: Extract<Effect, { type: 'read' }>): void {
    const file = this.#files.get(swarm)
    const inMemory = file && this.#parts.vault.peek(file.manifest.root, index)
    if (!file || inMemory) return this.input({ type: 'chunkRead', swarm, index, bytes: inMemory })
    void this.#parts.vault.read(file.manifest.root, index).then((bytes) => {
      this.input({ type: 'chunkRead', swarm, index, bytes })
    })
  }

  async #fetchPage({ swarm, page }: Extract<Effect, { type: 'fetchPage' }>): Promise<void> {
    const known = (await this.#files.get(swarm)?.fetchPage(page)) ?? false
    this.input({ type: 'page', swarm, page, known })
  }

  #openRun({ swarm, run, from, to, edge }: Extract<Effect, { type: 'openRun' }>): void {
    const file = this.#files.get(swarm)
    if (!file) return
    const cancel = this.#parts.http.open(
      { ...addressAt(file, edge), from, to, fileBytes: file.manifest.geometry.fileBytes },
      {
        bytes: (bytes) => this.runBytes(run, bytes),
        ended: () => this.runEnded(run),
        failed: (failure) => {
          this.#parts.log.warn({ url: edge ?? file.url, reason: failure.reason }, 'the origin did not deliver a range')
          this.runFailed(run, failure)
        },
      },
    )
    this.#runs.set(run, cancel)
  }

  #connectTracker(resume: string | undefined): void {
    const { trackerUrl, trackerDialer, clock, log } = this.#parts
    if (trackerUrl === undefined) return
    const events: TrackerEvents = {
      open: () => {},
      message: (text) => {
        if (this.#tracker !== socket) return
        const message = parseTrackerMessage(text)
        if (!message.ok) return log.warn({ violation: message.violation }, 'the tracker sent a wrong message')
        if (message.value) this.input({ type: 'trackerMessage', message: message.value })
      },
      closed: () => {
        if (this.#tracker !== socket) return
        this.#tracker = undefined
        this.input({ type: 'trackerClosed' })
      },
    }
    const begun = [...this.#files.values()].map((file) => file.begun)
    const socket = connectLater(clock, begun, () => trackerDialer.connect(trackerUrl, events, resume))
    this.#tracker = socket
  }

  #dial(peer: PeerId, initiator: boolean): void {
    const isCurrent = () => this.#links.get(peer) === link
    const link: Link = this.#parts.dialer.dial(initiator, {
      signal: (signal) => {
        if (isCurrent()) this.input({ type: 'linkSignal', peer, ...signal })
      },
      open: (frameBytesMax) => {
        if (isCurrent()) this.input({ type: 'linkOpen', peer, frameBytesMax, roomBytes: link.roomBytes })
      },
      frame: (frame) => {
        if (isCurrent()) this.input({ type: 'frame', peer, frame })
      },
      drained: (roomBytes) => {
        if (isCurrent()) this.input({ type: 'drained', peer, roomBytes })
      },
      closed: (reason) => {
        if (!isCurrent()) return
        this.#links.delete(peer)
        this.#parts.log.info({ peer, reason }, 'link closed')
        this.input({ type: 'linkClosed', peer })
      },
    })
    this.#links.set(peer, link)
  }

  /** Ends every connection and the timer, and whoever still reads; nothing is handled after it. */
  close(): void {
    this.input({ type: 'consent', granted: false })
    for (const file of this.#files.values()) {
      this.input({ type: 'shut', swarm: file.id })
      file.fail('closed', 'the client is closed')
    }
    this.#isClosed = true
    this.#timer.stop()
    this.#files.clear()
    this.#readOn()
  }
}
