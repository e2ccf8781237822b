/**
 * Links within one process, with the manners of the real ones: signals to be relayed before anything opens, a queue
 * that fills and drains, ends that come later than the call. Frames move one turn of the event loop at a time.
 */
import type { Dialer, Link, LinkEvents, LinkSignal } from '../../client/ports.ts'
import { frameBytesMax, KiB } from '../../shared/limits.ts'

const highBytes = 256 * KiB
const lowBytes = 64 * KiB
const lingerBytesMax = 4 * KiB

/** Links dialled here find each other by the descriptions that their owners relay. */
export function createMemoryDialer(): Dialer {
  const offers = new Map<string, MemoryLink>()
  let nextId = 0
  return {
    dial(initiator, events) {
      return new MemoryLink({ id: `${nextId++}`, initiator, events, offers })
    },
  }
}

interface LinkOptions {
  id: string
  initiator: boolean
  events: LinkEvents
  offers: Map<string, MemoryLink>
}

class MemoryLink implements Link {
  readonly #options: LinkOptions
  #state: 'dialing' | 'open' | 'closed' = 'dialing'
  #other: MemoryLink | undefined
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  #described = false

  constructor(options: LinkOptions) {
    this.#options = options
    if (!options.initiator) return
    options.offers.set(options.id, this)
    queueMicrotask(() => this.#tell('offer', options.id))
  }

  get roomBytes(): number {
    return this.#state === 'open' ? Math.max(0, highBytes - this.#queuedBytes) : 0
  }

  signal(signal: LinkSignal): void {
    if (this.#state === 'closed' || !('description' in signal)) return
    const { type, sdp } = signal.description
    const { id, initiator, offers } = this.#options
    const offering = initiator ? this : offers.get(sdp)
    const expected = initiator ? 'answer' : 'offer'
    if (this.#described || type !== expected || offering === undefined) return this.#end('wrong signal')
    this.#described = true
    if (initiator) return
    this.#other = offering
    offering.#other = this
    queueMicrotask(() => {
      this.#tell('answer', id)
      setImmediateEverywhere(() => {
        offering.#open()
        this.#open()
      })
    })
  }

  send(frame: Uint8Array): void {
    if (this.#state !== 'open') return
    this.#queue.push(frame.slice())
    this.#queuedBytes += frame.length
    if (this.#queue.length === 1) setImmediateEverywhere(() => this.#deliver())
  }

  close(): void {
    this.#end('closed on this side')
  }

  #tell(type: 'offer' | 'answer', sdp: string): void {
    if (this.#state !== 'closed') this.#options.events.signal({ description: { type, sdp } })
  }

  #open(): void {
    if (this.#state !== 'dialing' || (this.#other !== undefined && this.#other.#state === 'closed')) return
    this.#state = 'open'
    this.#options.events.open(frameBytesMax)
  }

  #deliver(): void {
    const frame = this.#queue.shift()
    if (frame === undefined) return
    const wasHigh = this.#queuedBytes > lowBytes
    this.#queuedBytes -= frame.length
    this.#other?.take(frame)
    if (wasHigh && this.#queuedBytes <= lowBytes && this.#state === 'open') this.#options.events.drained(this.roomBytes)
    if (this.#queue.length > 0) setImmediateEverywhere(() => this.#deliver())
  }

  /** A frame from the other end. */
  take(frame: Uint8Array): void {
    if (this.#state === 'open') this.#options.events.frame(frame)
  }

  /** The other end is gone; its last frames come first, if they are few. */
  lose(lastFrames: Uint8Array[]): void {
    for (const frame of lastFrames) this.take(frame)
    this.#end('closed by the other side')
  }

  #end(reason: string): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#options.offers.delete(this.#options.id)
    const lastFrames = this.#queuedBytes <= lingerBytesMax ? this.#queue : []
    this.#queue = []
    this.#queuedBytes = 0
    queueMicrotask(() => {
      this.#options.events.closed(reason)
      this.#other?.lose(lastFrames)
    })
  }
}

/** A turn of the event loop, in Node and in a page. */
function setImmediateEverywhere(callback: () => void): void {
  setTimeout(callback, 0)
}
