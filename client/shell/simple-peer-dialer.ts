/**
 * Links over simple-peer, which this file alone imports: it negotiates and tears down. The data channel itself is
 * worked directly: simple-peer's stream takes four times the script time for each frame received (0.2 ms in place of
 * 0.05 ms, Chromium 156, two busy cores), and queues without limit. Knows no peer message and no deadline; giving up
 * on a slow connection is the owner's.
 */
import SimplePeer, { type PeerSignal } from 'simple-peer/simplepeer.min.js'
import { frameBytesMax, KiB } from '../../shared/limits.ts'
import type { Dialer, Link, LinkEvents, LinkSignal } from '../ports.ts'

/**
 * The send queue is full at this mark and refilled at the lower one. In bench/link.ts (`--sweep`, Chromium 156 on two
 * busy cores, four runs) these move 64 KiB frames 1.4 to 3 times as fast as 1 MiB and 256 KiB do: a longer queue lets
 * SCTP overrun the receiver and fall back. Half of them is no slower there, but leaves 10 ms less for a busy main
 * thread. It is also what control frames wait behind.
 */
export const sendHighBytes = 256 * KiB
export const sendLowBytes = 64 * KiB

/** What a stack takes that announces nothing (RFC 8841 §6.1). */
const frameBytesUnannounced = 64 * KiB

/** Candidates taken from the other side: twice what a tracker passes on; more is a port scan (RFC 8445 §19.5.1). */
const candidateCountMax = 16

/**
 * A connection that is taken down drops what is still queued, a farewell too. So where little is queued its channel
 * is closed first, for which the stack sends the rest; a longer queue is data, and whoever closes wants it stopped.
 */
const lingerBytesMax = 4 * KiB
const lingerMs = 500

/** The stack for Node does not tell when its queue is low: it is looked at this often, 64 KiB at 32 MB/s. */
const queueCheckMs = 2

const channelName = 'nearcast'

/** What stands for the browser's own classes where there is no browser. */
export interface WebRtc {
  RTCPeerConnection: typeof RTCPeerConnection
  RTCSessionDescription: typeof RTCSessionDescription
  RTCIceCandidate: typeof RTCIceCandidate
}

export interface DialerOptions {
  /** The owner's own STUN and TURN servers: with them, none that a tracker names is used. */
  iceServers?: RTCIceServer[] | undefined
  /** `relay` goes by TURN servers alone, so that no peer sees an address. */
  iceTransportPolicy?: RTCIceTransportPolicy | undefined
  /** WebRTC where the platform has none of its own. */
  wrtc?: WebRtc
}

export function createSimplePeerDialer({ iceServers: own, iceTransportPolicy = 'all', wrtc }: DialerOptions): Dialer {
  const config: RTCConfiguration = { iceServers: own ?? [], iceTransportPolicy }
  return {
    dial: (initiator, events) => new SimplePeerLink({ config: { ...config }, wrtc, initiator, events }),
    useIceServers(servers) {
      if (own === undefined) config.iceServers = [...servers]
    },
  }
}

interface LinkOptions {
  config: RTCConfiguration
  wrtc: WebRtc | undefined
  initiator: boolean
  events: LinkEvents
}

/** One description with one section, for data: media would wake decoders that nobody asked for. */
const isDataOnly = (sdp: string) => sdp.match(/^m=/gm)?.length === 1 && /^m=application /m.test(sdp)

/** No bound is null; the WebRTC stack for Node says it with the largest number that the field has. */
const isBounded = (bound: number | null) => bound != null && bound < 65_535

class SimplePeerLink implements Link {
  readonly #initiator: boolean
  readonly #events: LinkEvents
  #state: 'dialing' | 'open' | 'closed' = 'dialing'
  // Both are let go at the end: browsers stop making connections at 500 that are not collected yet.
  #peer: SimplePeer | undefined
  #channel: RTCDataChannel | undefined
  #queueCheck: ReturnType<typeof setTimeout> | undefined
  #tellsLow = true
  #described = false
  #candidateCount = 0

  constructor({ initiator, events, config, wrtc }: LinkOptions) {
    this.#initiator = initiator
    this.#events = events
    try {
      this.#start(config, wrtc)
    } catch (error) {
      this.#end(`no WebRTC: ${textOf(error)}`)
    }
  }

  get roomBytes(): number {
    if (this.#state !== 'open') return 0
    return Math.max(0, sendHighBytes - this.#channel!.bufferedAmount)
  }

  signal(signal: LinkSignal): void {
    if (this.#state === 'closed') return
    try {
      if ('description' in signal) this.#describe(signal.description)
      else this.#addCandidate(signal.candidate)
    } catch (error) {
      this.#end(`wrong signal: ${textOf(error)}`)
    }
  }

  send(frame: Uint8Array): void {
    if (this.#state !== 'open') return
    try {
      this.#channel!.send(frame as Uint8Array<ArrayBuffer>)
    } catch (error) {
      // The stack's own queue is full, or the channel is closing and has not said so yet.
      return this.#end(`cannot send: ${textOf(error)}`)
    }
    if (!this.#tellsLow && this.#channel!.bufferedAmount > sendLowBytes) this.#watchQueue()
  }

  #watchQueue(): void {
    this.#queueCheck ??= setTimeout(() => {
      this.#queueCheck = undefined
      if (this.#state !== 'open') return
      if (this.#channel!.bufferedAmount > sendLowBytes) this.#watchQueue()
      else this.#events.drained(this.roomBytes)
    }, queueCheckMs)
  }

  close(): void {
    const lingers = this.#state === 'open' && this.#channel!.bufferedAmount <= lingerBytesMax
    this.#end('closed on this side', lingers)
  }

  #start(config: RTCConfiguration, wrtc: WebRtc | undefined): void {
    const initiator = this.#initiator
    // Without a config of ours simple-peer would ask public STUN servers.
    const peer = new SimplePeer({ initiator, trickle: true, config, channelName, ...(wrtc && { wrtc }) })
    this.#peer = peer
    // First of all: an `error` that nobody hears is thrown.
    peer.on('error', (error) => this.#end(textOf(error)))
    peer.on('close', () => this.#end('closed by the other side'))
    peer.on('signal', (signal) => this.#signalled(signal))
    const connection = peer._pc
    if (!connection) return // its constructor threw, and the error is on its way
    const setUp = connection.ondatachannel
    connection.ondatachannel = (event) => {
      // Inside simple-peer a second channel would take the place of the first.
      if (initiator || this.#channel !== undefined) return event.channel.close()
      setUp?.call(connection, event)
      this.#adopt(event.channel)
    }
    if (peer._channel) this.#adopt(peer._channel)
  }

  #adopt(channel: RTCDataChannel): void {
    if (!channel.ordered || isBounded(channel.maxRetransmits) || isBounded(channel.maxPacketLifeTime)) {
      return this.#end('the channel is not ordered and reliable')
    }
    this.#channel = channel
    this.#tellsLow = 'bufferedAmountLowThreshold' in channel
    channel.bufferedAmountLowThreshold = sendLowBytes
    channel.onbufferedamountlow = () => {
      if (this.#state === 'open') this.#events.drained(this.roomBytes)
    }
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      // A frame may overtake the event that says `open`; it proves as much.
      this.#opened()
      if (this.#state !== 'open') return
      if (data instanceof ArrayBuffer) this.#events.frame(new Uint8Array(data))
      else this.#end('a text message')
    }
    // simple-peer's own `connect` waits for statistics that nobody here reads, in steps of 100 ms.
    if (channel.readyState === 'open') this.#opened()
    else channel.addEventListener('open', () => this.#opened(), { once: true })
  }

  #opened(): void {
    if (this.#state !== 'dialing') return
    this.#state = 'open'
    const announced = this.#peer?._pc?.sctp?.maxMessageSize ?? frameBytesUnannounced
    this.#events.open(Math.min(announced, frameBytesMax))
  }

  #signalled(signal: PeerSignal): void {
    if (this.#state === 'closed') return
    if (signal.type === 'offer' || signal.type === 'answer') {
      this.#events.signal({ description: { type: signal.type, sdp: signal.sdp } })
    } else if (signal.type === 'candidate') {
      const { candidate, sdpMid, sdpMLineIndex } = signal.candidate
      if (!candidate) return // only says that there are no more
      this.#events.signal({
        candidate: { candidate, ...(sdpMid != null && { sdpMid }), ...(sdpMLineIndex != null && { sdpMLineIndex }) },
      })
    }
  }

  #describe({ type, sdp }: { type: 'offer' | 'answer'; sdp: string }): void {
    const expected = this.#initiator ? 'answer' : 'offer'
    if (type !== expected) return this.#end(`wrong signal: ${type} in place of ${expected}`)
    if (this.#described) return this.#end(`wrong signal: a second ${type}`)
    if (!isDataOnly(sdp)) return this.#end(`wrong signal: ${type} is not for one data channel`)
    const inside = sdp.match(/^a=candidate:/gim)?.length ?? 0
    if (inside > candidateCountMax) return this.#end(`wrong signal: ${type} with too many candidates`)
    this.#candidateCount += inside
    this.#described = true
    this.#peer?.signal({ type, sdp })
  }

  #addCandidate(candidate: Extract<LinkSignal, { candidate: unknown }>['candidate']): void {
    if (++this.#candidateCount > candidateCountMax) return
    // The platform throws at one that names no section; like others that it cannot use, it is let go.
    if (candidate.sdpMid === undefined && candidate.sdpMLineIndex === undefined) return
    this.#peer?.signal({ type: 'candidate', candidate })
  }

  #end(reason: string, lingers = false): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    const peer = this.#peer
    if (lingers) {
      // Once the other side has closed its end too, simple-peer takes the connection down; at the latest, the timer.
      this.#channel!.close()
      const last = setTimeout(() => peer?.destroy(), lingerMs)
      peer?.on('close', () => clearTimeout(last))
    } else {
      peer?.destroy()
    }
    this.#peer = undefined
    this.#channel = undefined
    clearTimeout(this.#queueCheck)
    // Later, so that no owner hears of the end inside its own call of `send`, `signal` or `dial`.
    queueMicrotask(() => this.#events.closed(reason))
  }
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
