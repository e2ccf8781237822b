/**
 * A load of WebTorrent announces, the same for every tracker: sockets in swarms of a hundred that announce in turn, with
 * offers or without, and answer each offer that reaches them. A turn is over when the announce is answered and, with
 * offers, each of them too.
 */
import { addressOf, descriptionOf } from './load-addresses.ts'
import { lostMs, MeasuredSpan, type Span } from './measured-span.ts'
import { quantile } from './median.ts'
import { openRawSocket, patchFrame, type RawSocket, textFrame } from './raw-socket.ts'
import type { Begins } from './tracker-load.ts'

export interface AnnounceLoad extends Span {
  port: number
  path: string
  sockets: number
  offers: number
}

export interface AnnounceFigures {
  perSecond: number
  p50Ms: number
  p99Ms: number
  /** Turns that did not end within the time that a client gives its offers here. */
  lost: number
}

const swarmSize = 100

/** Turns at one time: enough to keep any server at work. */
const inFlightMax = 512

/** Twenty bytes as text in JSON, half of them beyond ASCII as those of a hash are. */
const binaryId = (kind: string, number: number): string =>
  `${kind}${String(number).padStart(9, '0')}\u00c3\u00a5\u00c3\u00b6\u00c3\u00a4\u00c3\u00bc\u00c3\u00bf\u00c3\u00a9\u00c3\u00b1\u00c3\u00b8\u00c3\u00a6\u00c3\u00a0`

const offerIdDigits = 9

interface Visitor {
  socket: RawSocket
  frame: Buffer
  payloadLength: number
  offerIdsAt: number[]
  answerHead: string
  answerTail: string
  sentMs: number
  isAnswered: boolean
  answersLeft: number
}

async function openVisitor({ port, path, offers, sockets }: AnnounceLoad, number: number): Promise<Visitor> {
  const address = addressOf(number)
  const sdp = JSON.stringify(descriptionOf(address)).slice(1, -1)
  const socket = await openRawSocket(port, path, [`X-Forwarded-For: ${address}`])
  const swarm = number % Math.ceil(sockets / swarmSize)
  const ids = `"info_hash":"${binaryId('h', swarm)}","peer_id":"${binaryId('p', number)}"`
  let payload = `{"numwant":${offers},"uploaded":0,"downloaded":0,"left":1048576,"action":"announce",${ids}`
  const offerIdsAt: number[] = []
  if (offers > 0) {
    payload += ',"offers":['
    for (let i = 0; i < offers; i++) {
      payload += `${i > 0 ? ',' : ''}{"offer":{"type":"offer","sdp":"${sdp}"},"offer_id":"`
      offerIdsAt.push(payload.length + 1)
      payload += `${binaryId('o', 0)}"}`
    }
    payload += ']'
  }
  payload += '}'
  return {
    socket,
    frame: textFrame(payload),
    payloadLength: payload.length,
    offerIdsAt,
    answerHead: `{"action":"announce",${ids},"to_peer_id":"`,
    answerTail: `","answer":{"type":"answer","sdp":"${sdp}"},"offer_id":"`,
    sentMs: 0,
    isAnswered: true,
    answersLeft: 0,
  }
}

/** The raw text of a field, up to its closing quote: no id here has an escape in it. */
function fieldOf(text: string, name: string): string {
  const start = text.indexOf(`"${name}":"`) + name.length + 4
  return text.slice(start, text.indexOf('"', start))
}

/** Everybody is in its swarm before anything is counted; offers made meanwhile may find nobody. */
async function enterAll(visitors: readonly Visitor[], begin: (visitor: Visitor) => void): Promise<void> {
  for (const visitor of visitors) {
    begin(visitor)
    visitor.answersLeft = 0
    await new Promise(setImmediate)
  }
  while (visitors.some(({ isAnswered }) => !isAnswered)) await new Promise((resolve) => setTimeout(resolve, 20))
}

export async function runAnnounces(load: AnnounceLoad, begins: Begins): Promise<AnnounceFigures> {
  const visitors: Visitor[] = []
  while (visitors.length < load.sockets) {
    const count = Math.min(100, load.sockets - visitors.length)
    visitors.push(
      ...(await Promise.all(Array.from({ length: count }, (_, i) => openVisitor(load, visitors.length + i)))),
    )
  }
  let offerNumber = 0
  let next = 0
  const span = new MeasuredSpan()
  const latenciesMs: number[] = []
  const begin = (visitor: Visitor): void => {
    visitor.sentMs = performance.now()
    visitor.isAnswered = false
    visitor.answersLeft = load.offers
    for (const at of visitor.offerIdsAt) {
      patchFrame(visitor.frame, visitor.payloadLength, at, String(offerNumber++).padStart(offerIdDigits, '0'))
    }
    visitor.socket.send(visitor.frame)
  }
  const beginNext = (): void => {
    if (!span.isRunning) return
    for (let tries = 0; tries < visitors.length; tries++) {
      const visitor = visitors[next]!
      next = (next + 1) % visitors.length
      if (visitor.isAnswered && visitor.answersLeft === 0) return begin(visitor)
    }
  }
  const endIfDone = (visitor: Visitor): void => {
    if (!visitor.isAnswered || visitor.answersLeft > 0) return
    if (span.isMeasured) latenciesMs.push(performance.now() - visitor.sentMs)
    beginNext()
  }
  for (const visitor of visitors) {
    visitor.socket.onText = (text) => {
      if (text.includes('"interval"')) {
        visitor.isAnswered = true
        endIfDone(visitor)
      } else if (text.includes('"answer"')) {
        if (visitor.answersLeft === 0) return
        visitor.answersLeft--
        endIfDone(visitor)
      } else if (text.includes('"offer"')) {
        const answer = visitor.answerHead + fieldOf(text, 'peer_id') + visitor.answerTail + fieldOf(text, 'offer_id')
        visitor.socket.send(textFrame(`${answer}"}`))
      } else {
        throw new Error(`unexpected: ${text}`)
      }
    }
  }
  await enterAll(visitors, begin)
  span.isRunning = true
  for (let i = 0; i < Math.min(inFlightMax, load.sockets); i++) beginNext()
  const seconds = await span.run(load, begins, () => {
    const now = performance.now()
    for (const visitor of visitors) {
      const isDone = visitor.isAnswered && visitor.answersLeft === 0
      if (isDone || now - visitor.sentMs < lostMs) continue
      span.lose()
      visitor.isAnswered = true
      visitor.answersLeft = 0
      beginNext()
    }
  })
  for (const { socket } of visitors) socket.close()
  return {
    perSecond: Math.round(latenciesMs.length / seconds),
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    lost: span.lostCount,
  }
}
