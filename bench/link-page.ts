/**
 * The page half of bench/link.ts: one page serves, the other receives and holds the clock. A contender is a way to
 * get bytes from one page to the other; the page knows how to run each, and nothing of rounds and medians.
 */
import type { LinkEvents, LinkSignal } from '../client/ports.ts'
import { createSimplePeerDialer } from '../client/shell/simple-peer-dialer.ts'

export interface Plan {
  contender: 'bare' | 'link'
  totalBytes: number
  frameBytes: number
  /** Marks of the bare channel's send queue; the link has its own. */
  highBytes: number
  lowBytes: number
  /** Bare channels side by side, each on a connection of its own; one, if not said. */
  channelCount?: number
}

/** What both contenders look like to the pump. */
interface Pipe {
  /** Fulfilled once frames can be sent. */
  ready: Promise<void>
  room(): number
  send(frame: Uint8Array<ArrayBuffer>): void
  close(): void
}

interface BareSignal {
  place: number
  description?: RTCSessionDescriptionInit
  candidate?: RTCIceCandidateInit
}

interface PipeEvents {
  frame(bytes: number): void
  drained(): void
}

declare global {
  interface Window {
    /** Given by the runner: hands a text to the other page's `takeSignal`. */
    relaySignal(text: string): Promise<void>
  }
}

let listeners: ((text: string) => void)[] = []
/** All signals of a run: some come before this page has its pipe. */
let signals: string[] = []

export function takeSignal(text: string): void {
  signals.push(text)
  for (const listener of listeners) listener(text)
}

export function reset(): void {
  signals = []
  listeners = []
}

function listenToSignals(listener: (text: string) => void): void {
  listeners.push(listener)
  for (const text of signals) listener(text)
}

/** A promise and the function that fulfils it. */
function latch(): [reached: Promise<void>, reach: () => void] {
  let reach = () => {}
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  return [reached, reach]
}

function openLink(initiator: boolean, events: PipeEvents): Pipe {
  const [ready, opened] = latch()
  const linkEvents: LinkEvents = {
    signal: (signal) => void window.relaySignal(JSON.stringify(signal)),
    open: () => opened(),
    frame: (frame) => events.frame(frame.length),
    drained: () => events.drained(),
    closed: () => {},
  }
  const link = createSimplePeerDialer({ iceServers: [] }).dial(initiator, linkEvents)
  listenToSignals((text) => link.signal(JSON.parse(text) as LinkSignal))
  return { ready, room: () => link.roomBytes, send: (frame) => link.send(frame), close: () => link.close() }
}

function openBareChannel(plan: Plan, place: number, initiator: boolean, events: PipeEvents): Pipe {
  const connection = new RTCPeerConnection()
  let channel: RTCDataChannel | undefined
  const [ready, opened] = latch()
  const adopt = (found: RTCDataChannel) => {
    channel = found
    found.binaryType = 'arraybuffer'
    found.bufferedAmountLowThreshold = plan.lowBytes
    found.onbufferedamountlow = () => events.drained()
    found.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => events.frame(data.byteLength)
    found.onopen = () => opened()
  }
  const relay = (value: object) => window.relaySignal(JSON.stringify({ ...value, place }))
  connection.onicecandidate = ({ candidate }) => candidate && void relay({ candidate })
  connection.ondatachannel = (event) => adopt(event.channel)
  const describe = async () => {
    await connection.setLocalDescription()
    await relay({ description: connection.localDescription })
  }
  let turn = Promise.resolve()
  listenToSignals((text) => {
    const signal = JSON.parse(text) as BareSignal
    if (signal.place !== place) return
    turn = turn.then(async () => {
      if (signal.candidate) return connection.addIceCandidate(signal.candidate)
      await connection.setRemoteDescription(signal.description!)
      if (!initiator) await describe()
    })
  })
  if (initiator) {
    adopt(connection.createDataChannel('bench'))
    void describe()
  }
  return {
    ready,
    room: () => plan.highBytes - (channel?.bufferedAmount ?? plan.highBytes),
    send: (frame) => channel!.send(frame),
    close: () => connection.close(),
  }
}

/** Several channels worked as one: a frame goes to the one with the most room. */
function openBare(plan: Plan, initiator: boolean, events: PipeEvents): Pipe {
  const places = Array.from({ length: plan.channelCount ?? 1 }, (_, place) => place)
  const channels = places.map((place) => openBareChannel(plan, place, initiator, events))
  const emptiest = () => channels.reduce((best, next) => (next.room() > best.room() ? next : best))
  return {
    ready: Promise.all(channels.map(({ ready }) => ready)).then(() => {}),
    room: () => emptiest().room(),
    send: (frame) => emptiest().send(frame),
    close() {
      for (const channel of channels) channel.close()
    },
  }
}

const open = (plan: Plan, initiator: boolean, events: PipeEvents): Pipe =>
  plan.contender === 'bare' ? openBare(plan, initiator, events) : openLink(initiator, events)

/** Waits to be asked, then sends everything. Fulfilled when the other side has it all. */
export async function serve(plan: Plan): Promise<void> {
  const frame = new Uint8Array(plan.frameBytes)
  let left = plan.totalBytes
  let asked = false
  const [done, finish] = latch()
  const pump = () => {
    while (left > 0 && pipe.room() > 0) {
      pipe.send(frame)
      left -= plan.frameBytes
    }
  }
  const pipe = open(plan, false, {
    frame: () => {
      if (asked) return finish()
      asked = true
      pump()
    },
    drained: () => asked && pump(),
  })
  await done
  pipe.close()
}

/** Asks, and takes everything. @returns milliseconds from asking to the last byte */
export async function receive(plan: Plan): Promise<number> {
  let left = plan.totalBytes
  const [done, finish] = latch()
  const pipe = open(plan, true, {
    frame: (bytes) => {
      left -= bytes
      if (left <= 0) finish()
    },
    drained: () => {},
  })
  await pipe.ready
  const startMs = performance.now()
  pipe.send(new Uint8Array(1))
  await done
  const ms = performance.now() - startMs
  pipe.send(new Uint8Array(1))
  return ms
}
