/**
 * A load of our own protocol: peers in swarms of a hundred that ask for another peer, send it an offer and get its
 * answer, one turn after the other, or as many turns a second as are asked for.
 */
import { trackerSubprotocol } from '../shared/tracker-messages.ts'
import { trackerPath } from '../tracker/main.ts'
import { addressOf, descriptionOf } from './load-addresses.ts'
import { lostMs, MeasuredSpan, type Span } from './measured-span.ts'
import { quantile } from './median.ts'
import { openRawSocket, type RawSocket, textFrame } from './raw-socket.ts'
import type { Begins } from './tracker-load.ts'

export interface JoinLoad extends Span {
  port: number
  sockets: number
  /** Turns begun a second; as many as can be when it is left out. */
  perSecond?: number
}

export interface JoinFigures {
  /** Turns that ended, each a join and two signals relayed. */
  perSecond: number
  joinP50Ms: number
  joinP99Ms: number
  signalP99Ms: number
  /** Turns that did not end in time. */
  lost: number
}

const swarmSize = 100
const inFlightMax = 256

/** How often turns are begun when their rate is given: many are begun at once, as a crowd would. */
const beatMs = 5

interface Peer {
  socket: RawSocket
  /** What it was told before anybody listened. */
  told: string[]
  id: string
  join: Buffer
  sdp: string
  /** When its turn began, or its signal was sent; 0 between turns. */
  joinedMs: number
  signalledMs: number
}

const written = (sdp: string): string => JSON.stringify(sdp).slice(1, -1)

function joinText(number: number, sockets: number, want: number): string {
  const swarm = (number % Math.ceil(sockets / swarmSize)).toString(16).padStart(40, '0')
  return `{"type":"join","swarm":"${swarm}","have":0.5,"want":${want}}`
}

async function openPeer({ port, sockets }: JoinLoad, number: number): Promise<Peer> {
  const address = addressOf(number)
  const headers = [`X-Forwarded-For: ${address}`, `Sec-WebSocket-Protocol: ${trackerSubprotocol}`]
  const told: string[] = []
  const socket = await openRawSocket(port, trackerPath, headers, (text) => told.push(text))
  const join = textFrame(joinText(number, sockets, 1))
  return { socket, told, id: '', join, sdp: written(descriptionOf(address)), joinedMs: 0, signalledMs: 0 }
}

const fieldOf = (text: string, start: string): string => {
  const at = text.indexOf(start) + start.length
  return text.slice(at, text.indexOf('"', at))
}

const signalFrame = (to: string, type: string, sdp: string): Buffer =>
  textFrame(
    `{"type":"signal","to":"${to}","signal":{"session":"s","description":{"type":"${type}","sdp":"${sdp}"},"candidates":[]}}`,
  )

async function openPeers(load: JoinLoad): Promise<Peer[]> {
  const peers: Peer[] = []
  while (peers.length < load.sockets) {
    const count = Math.min(50, load.sockets - peers.length)
    peers.push(...(await Promise.all(Array.from({ length: count }, (_, i) => openPeer(load, peers.length + i)))))
  }
  return peers
}

/** Everybody is in its swarm. */
async function joinAll(peers: readonly Peer[]): Promise<void> {
  let left = peers.length
  for (const [i, peer] of peers.entries()) {
    const hear = (text: string): void => {
      if (text.startsWith('{"type":"welcome"')) peer.id = fieldOf(text, '"id":"')
      if (text.startsWith('{"type":"peers"')) left--
    }
    peer.told.forEach(hear)
    peer.socket.onText = hear
    peer.socket.send(textFrame(joinText(i, peers.length, 0)))
    if (i % 50 === 0) await new Promise(setImmediate)
  }
  while (left > 0) await new Promise((resolve) => setTimeout(resolve, 20))
}

export async function runJoins(load: JoinLoad, begins: Begins): Promise<JoinFigures> {
  const peers = await openPeers(load)
  await joinAll(peers)
  const byId = new Map(peers.map((peer) => [peer.id, peer]))
  const joinMs: number[] = []
  const signalMs: number[] = []
  let ended = 0
  let next = 0
  const span = new MeasuredSpan()
  const beginNext = (): void => {
    if (!span.isRunning) return
    for (let tries = 0; tries < peers.length; tries++) {
      const peer = peers[next]!
      next = (next + 1) % peers.length
      if (peer.joinedMs !== 0) continue
      peer.joinedMs = performance.now()
      peer.signalledMs = 0
      peer.socket.send(peer.join)
      return
    }
  }
  const end = (peer: Peer): void => {
    peer.joinedMs = 0
    if (load.perSecond === undefined) beginNext()
  }
  for (const peer of peers) {
    peer.socket.onText = (text) => {
      if (text.startsWith('{"type":"peers"')) {
        const now = performance.now()
        if (span.isMeasured) joinMs.push(now - peer.joinedMs)
        if (!text.includes('"peers":[{')) return end(peer)
        peer.signalledMs = now
        peer.socket.send(signalFrame(fieldOf(text, '"peers":[{"id":"'), 'offer', peer.sdp))
      } else if (text.includes('"type":"offer"')) {
        peer.socket.send(signalFrame(fieldOf(text, '"from":"'), 'answer', peer.sdp))
      } else if (text.includes('"type":"answer"')) {
        if (peer.signalledMs === 0) return
        if (span.isMeasured) {
          ended++
          signalMs.push(performance.now() - peer.signalledMs)
        }
        end(peer)
      } else if (text.includes('"code":"not-introduced"')) {
        // Too late by now: the turn is taken for lost in a moment.
      } else if (!text.startsWith('{"type":"servers"')) {
        throw new Error(`unexpected: ${text}`)
      }
    }
  }
  if (byId.size !== peers.length) throw new Error('not everybody was welcome')
  const { perSecond } = load
  let due = 0
  let lastMs = performance.now()
  const beat = setInterval(() => {
    if (perSecond === undefined) return
    const now = performance.now()
    due += ((now - lastMs) * perSecond) / 1000
    lastMs = now
    for (; due >= 1; due--) beginNext()
  }, beatMs)
  span.isRunning = true
  if (perSecond === undefined) for (let i = 0; i < inFlightMax; i++) beginNext()
  const seconds = await span.run(load, begins, () => {
    const now = performance.now()
    for (const peer of peers) {
      if (peer.joinedMs === 0 || now - peer.joinedMs < lostMs) continue
      span.lose()
      end(peer)
    }
  })
  clearInterval(beat)
  for (const { socket } of peers) socket.close()
  return {
    perSecond: Math.round(ended / seconds),
    joinP50Ms: quantile(joinMs, 0.5),
    joinP99Ms: quantile(joinMs, 0.99),
    signalP99Ms: quantile(signalMs, 0.99),
    lost: span.lostCount,
  }
}
