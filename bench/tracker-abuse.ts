/**
 * What a client that sends 10,000 messages a second does to the others: the time of their joins, how soon it is closed,
 * and what memory is left afterwards. The tracker is as built and as in production, on a core of its own. Once the client
 * has one address, once a new one for each connection, so that no ban helps. Needs `npm run build`; run by
 * bench/tracker-abuse.mjs. `--seconds n` and `--peers n` change how much; `--write` leaves the figures in bench/results.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { trackerSubprotocol } from '../shared/tracker-messages.ts'
import { trackerPath } from '../tracker/main.ts'
import type { Verdict } from './aims.ts'
import type { FuzzFigures, FuzzLoad } from './fuzz-load.ts'
import { addressOf } from './load-addresses.ts'
import { quantile } from './median.ts'
import { PinnedServer, pinToLoadCore, runLoad } from './pinned.ts'
import { openRawSocket, type RawSocket, textFrame } from './raw-socket.ts'
import { writeResult } from './result.ts'

const messagesPerSecond = 10_000

/** One honest join each so often. */
const joinEveryMs = 20

/** Heaps are at rest by then, and what was banned or broken off is forgotten by the system. */
const restMs = 5_000

/** What is to be reached. */
const reach = { p95Times: 2, closedMs: 1_000, memoryShare: 0.1 }

type Spread = Record<'p50' | 'p95' | 'p99', number>

interface AbuseFigures {
  isMany: boolean
  joinsMs: { idle: Spread; attacked: Spread }
  /** Of the joins' p95, under attack and before. */
  times: number
  /** Of the tracker's memory, after the attack and before. */
  memoryTimes: number
  fuzz: FuzzFigures
}

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
const spread = (values: number[]): Spread => ({
  p50: round(quantile(values, 0.5)),
  p95: round(quantile(values, 0.95)),
  p99: round(quantile(values, 0.99)),
})

async function attack(seconds: number, peerCount: number, isMany: boolean): Promise<AbuseFigures> {
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
    const { figures: fuzz } = await runLoad<FuzzFigures>('fuzz', load, server, async () => {
      attackedMs = await joinsFor(peers, seconds)
    })
    await wait(restMs)
    const memoryTimes = round((await server.memoryBytes()) / beforeBytes)
    for (const peer of peers) peer.close()
    const attacked = spread(attackedMs)
    return { isMany, joinsMs: { idle, attacked }, times: round(attacked.p95 / idle.p95), memoryTimes, fuzz }
  } finally {
    server.stop()
  }
}

const isReached = ({ times, memoryTimes, fuzz }: AbuseFigures): boolean =>
  times <= reach.p95Times &&
  fuzz.closedAfterMs.longest <= reach.closedMs &&
  Math.abs(memoryTimes - 1) <= reach.memoryShare

const addressesOf = ({ isMany }: AbuseFigures) => (isMany ? 'a new address each time' : 'one address')

function verdictOf(rounds: readonly AbuseFigures[]): Verdict {
  const words = rounds.map((one) => {
    const { times, memoryTimes, fuzz } = one
    return `${addressesOf(one)}: joins ${times} ×, closed within ${fuzz.closedAfterMs.longest} ms, memory ${memoryTimes} ×`
  })
  return { measured: words.join('; '), isReached: rounds.every(isReached) }
}

function detailsOf(rounds: readonly AbuseFigures[], seconds: number): string[] {
  const rows = rounds.map((one) => {
    const { joinsMs, memoryTimes, fuzz } = one
    const spreads = [joinsMs.idle, joinsMs.attacked].map(({ p50, p95, p99 }) => `${p50}, ${p95} and ${p99}`)
    const cells = [
      addressesOf(one),
      ...spreads,
      fuzz.connections,
      fuzz.messages,
      fuzz.closedAfterMs.longest,
      memoryTimes,
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [
    `One client sends ${messagesPerSecond} messages a second for ${seconds} s, over one connection after the other.`,
    '',
    '| from | honest joins before, ms: p50, p95 and p99 | meanwhile | connections | messages | the longest, ms | memory, × |',
    '| --- | --- | --- | ---: | ---: | ---: | ---: |',
    ...rows,
  ]
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '30' },
      peers: { type: 'string', default: '200' },
      write: { type: 'boolean', default: false },
    },
  })
  pinToLoadCore(process.pid)
  const seconds = Number(values.seconds)
  const rounds: AbuseFigures[] = []
  for (const isMany of [false, true]) rounds.push(await attack(seconds, Number(values.peers), isMany))
  const verdict = verdictOf(rounds)
  const details = detailsOf(rounds, seconds)
  console.log([...details, '', `${verdict.measured}${verdict.isReached ? '' : ': short'}`].join('\n'))
  if (values.write) writeResult('tracker-abuse', { verdicts: { 'tracker-fuzz': verdict }, details, figures: rounds })
}
