/**
 * How many connections one address and one network may have with an HTTP server of ours, of whatever kind: else one of
 * them takes all that there are, and nobody else is served. Knows no request, and no address by name.
 */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Payers } from '../tracker/api.ts'

export interface ConnectionLimits {
  /** Who pays for connections from an address; undefined for those that are not counted, like a trusted proxy's. */
  payersOf: (remoteAddress: string | undefined) => Payers | undefined
  connectionsPerAddressMax: number
  /** Hears of those that are refused, once in a while. */
  refused: (count: number) => void
}

/** A /24 or a /48 has as many as so many full addresses: of the 16,384 of `nearcast serve` that is half. */
const fullAddressesPerNetwork = 4

/** Connections that are open only to be told why they are refused; any more just end. */
const toldCountMax = 256

/** By then the text is there, and the request has come that it answers. */
const lingerMs = 1_000

const reportMs = 10_000

const refusalText = 'too many connections from this address or its network: try again when some of them have ended\n'
const refusal = [
  'HTTP/1.1 503 Service Unavailable',
  'Connection: close',
  'Retry-After: 10',
  'Content-Type: text/plain; charset=utf-8',
  `Content-Length: ${Buffer.byteLength(refusalText)}`,
  '',
  refusalText,
].join('\r\n')

/** @returns whether a connection was refused: what it asks needs no answer */
export function guardConnections(server: Server, limits: ConnectionLimits): (socket: object) => boolean {
  const { payersOf, connectionsPerAddressMax, refused } = limits
  const counts = new Map<string, number>()
  const isRefused = new WeakSet<object>()
  let toldCount = 0
  let refusedCount = 0
  let reportedMs = Number.NEGATIVE_INFINITY

  const count = (key: string, by: 1 | -1): void => {
    const after = (counts.get(key) ?? 0) + by
    if (after > 0) counts.set(key, after)
    else counts.delete(key)
  }

  const refuse = (socket: Socket): void => {
    isRefused.add(socket)
    refusedCount++
    const now = performance.now()
    if (now - reportedMs >= reportMs) {
      reportedMs = now
      refused(refusedCount)
    }
    if (toldCount >= toldCountMax) return void socket.destroy()
    toldCount++
    const cut = setTimeout(() => socket.destroy(), lingerMs)
    // Node listens no more once an upgrade is asked for, and an error that nobody hears ends the process.
    socket.on('error', () => {})
    socket.once('close', () => {
      clearTimeout(cut)
      toldCount--
    })
    socket.end(refusal)
  }

  server.on('connection', (socket: Socket) => {
    const payers = payersOf(socket.remoteAddress)
    if (payers === undefined) return
    const { address, network } = payers
    const isFull =
      (counts.get(address) ?? 0) >= connectionsPerAddressMax ||
      (counts.get(network) ?? 0) >= connectionsPerAddressMax * fullAddressesPerNetwork
    if (isFull) return refuse(socket)
    for (const key of [address, network]) count(key, 1)
    socket.once('close', () => {
      for (const key of [address, network]) count(key, -1)
    })
  })
  return (socket) => isRefused.has(socket)
}
