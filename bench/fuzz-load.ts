/**
 * A client that sends whatever comes to its mind, as fast as it is told, from one connection after the other: well-formed
 * messages that ask for much and junk, in turn. Says how long each connection was allowed to last.
 */
import { connect } from 'node:net'
import { trackerSubprotocol } from '../shared/tracker-messages.ts'
import { quantile } from './median.ts'
import { textFrame } from './raw-socket.ts'
import type { Begins } from './tracker-load.ts'
import { upgradeRequest } from './upgrade-request.ts'

export interface FuzzLoad {
  port: number
  path: string
  messagesPerSecond: number
  /** Whether each connection comes from an address of its own, so that no ban helps. */
  isMany: boolean
}

export interface FuzzFigures {
  connections: number
  messages: number
  /** From the first byte of the tracker to the end of the connection. */
  closedAfterMs: { p50: number; longest: number }
}

const tickMs = 10

const join = (swarm: string) => JSON.stringify({ type: 'join', swarm: swarm.repeat(40), have: 0.5, want: 20 })

const junk = [
  join('a'),
  join('f'),
  JSON.stringify({ type: 'signal', to: 'x'.repeat(22), signal: { session: 's' } }),
  JSON.stringify({ type: 'leave', swarm: 'a'.repeat(40) }),
  '{"type":"dance"}',
  'x',
  '['.repeat(200),
].map(textFrame)

const openingOf = (path: string, address: string): string =>
  upgradeRequest(path, [`Sec-WebSocket-Protocol: ${trackerSubprotocol}`, `X-Forwarded-For: ${address}`])

export async function runFuzz(load: FuzzLoad, begins: Begins): Promise<FuzzFigures> {
  const { port, path, messagesPerSecond, isMany } = load
  const lifetimesMs: number[] = []
  let connections = 0
  let messages = 0
  let isOver = false
  const open = (): void => {
    if (isOver) return
    const number = isMany ? connections : 0
    connections++
    const socket = connect(port, '127.0.0.1')
    let firstMs: number | undefined
    let timer: NodeJS.Timeout | undefined
    const spam = () => {
      for (let n = 0; n < (messagesPerSecond * tickMs) / 1000; n++) socket.write(junk[messages++ % junk.length]!)
    }
    socket.on('error', () => {})
    socket.on('data', () => {
      firstMs ??= performance.now()
      timer ??= setInterval(spam, tickMs)
    })
    socket.on('close', () => {
      clearInterval(timer)
      if (firstMs !== undefined) lifetimesMs.push(performance.now() - firstMs)
      setImmediate(open)
    })
    socket.write(openingOf(path, `${60 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}.7`))
  }
  open()
  await begins()
  isOver = true
  const closedAfterMs = { p50: Math.round(quantile(lifetimesMs, 0.5)), longest: Math.round(Math.max(...lifetimesMs)) }
  return { connections, messages, closedAfterMs }
}
