/**
 * What a client that sends 10,000 messages a second does to the others: the time of their joins, how soon it is closed,
 * and what memory is left afterwards. The tracker is as built and as in production, on a core of its own. Once the client
 * has one address, once a new one for each connection, so that no ban helps. Needs `npm run build`; run by
 * bench/tracker-abuse.mjs. `--seconds n` and `--peers n` change how much.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { trackerSubprotocol } from '../shared/tracker-messages.ts'
import { trackerPath } from '../tracker/main.ts'
import type { FuzzFigures, FuzzLoad } from './fuzz-load.ts'
import { addressOf } from './load-addresses.ts'
import { quantile } from './median.ts'
import { PinnedServer, pinToLoadCore, runLoad } from './pinned.ts'
import { openRawSocket, type RawSocket, textFrame } from './raw-socket.ts'

const messagesPerSecond = 10_000

/** One honest join each so often. */
const joinEveryMs = 20

/** Heaps are at rest by then, and what was banned or broken off is forgotten by the system. */
const restMs = 5_000

/** What is to be reached. */
const aims = { p95Times: 2, closedMs: 1_000, memoryShare: 0.1 }

const join = textFrame(JSON.stringify({ type: 'join', swarm: 'a'.repeat(40), have: 0.5, want: 4 }))

async function openPeers(port: number, count: number): Promise<RawSocket[]> {
  const peers: RawSocket[] = []
  for (let i = 0; i < count; i++) {
    const headers = [`Sec-WebSocket-Protocol: ${trackerSubprotocol}`, `X-Forwarded-For: ${addressOf(i)}`]
    peers.push(await openRawSocket(port, trackerPath, headers))
  }
  return peers
}

/** How long the joins of each peer in turn take. */
async function joinsFor(peers: readonly RawSocket[], seconds: number): Promise<number[]> {
  const tookMs: number[] = []
  const endMs = performance.now() + seconds * 1000
  for (let i = 0; performance.now() < endMs; i++) {
    const peer = peers[i % peers.length]!
    const startMs = performance.now()
    await new Promise<void>((resolve) => {
      peer.onText = (text) => {
        if (text.startsWith('{"type":"peers"')) resolve()
      }
      peer.send(join)
    })
    tookMs.push(performance.now() - startMs)
    await wait(joinEveryMs)
  }
  return tookMs
}

const round = (value: number): number => Number(value.toFixed(2))
const spread = (values: number[]) => ({
  p50: round(quantile(values, 0.5)),
  p95: round(quantile(values, 0.95)),
  p99: round(quantile(values, 0.99)),
})

async function attack(seconds: number, peerCount: number, isMany: boolean): Promise<void> {
  const server = await PinnedServer.start(new URL('tracker-server.mjs', import.meta.url), ['--limited'])
  try {
    const peers = await openPeers(server.port, peerCount)
    // Warm, so that nothing is compiled while it is measured.
    await joinsFor(peers, seconds / 3)
    const idle = spread(await joinsFor(peers, seconds / 3))
    await wait(restMs)
    const beforeBytes = await server.memoryBytes()
    const load: FuzzLoad = { port: server.port, path: trackerPath, messagesPerSecond, isMany }
    let attackedMs: number[] = []
    const { figures } = await runLoad<FuzzFigures>('fuzz', load, server, async () => {
      attackedMs = await joinsFor(peers, seconds)
    })
    await wait(restMs)
    const afterBytes = await server.memoryBytes()
    for (const peer of peers) peer.close()
    const attacked = spread(attackedMs)
    const memoryTimes = round(afterBytes / beforeBytes)
    const verdicts = {
      joins: attacked.p95 <= aims.p95Times * idle.p95,
      closing: figures.closedAfterMs.longest <= aims.closedMs,
      memory: Math.abs(memoryTimes - 1) <= aims.memoryShare,
    }
    const short = Object.entries(verdicts).flatMap(([name, isReached]) => (isReached ? [] : [name]))
    console.log(
      `a fuzz client of ${messagesPerSecond} messages a second, ${isMany ? 'many addresses' : 'one address'}:`,
    )
    console.log(
      JSON.stringify({ joinsMs: { idle, attacked }, times: round(attacked.p95 / idle.p95), memoryTimes, figures }),
    )
    console.log(short.length === 0 ? 'reached' : `short: ${short.join(', ')}`)
  } finally {
    server.stop()
  }
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { seconds: { type: 'string', default: '30' }, peers: { type: 'string', default: '200' } },
  })
  pinToLoadCore(process.pid)
  for (const isMany of [false, true]) await attack(Number(values.seconds), Number(values.peers), isMany)
}
