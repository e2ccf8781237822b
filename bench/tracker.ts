/**
 * What one tracker process carries: memory per connection, joins and relayed signals per second, over real sockets on
 * loopback, with the clients in a process of their own. Run by bench/tracker.mjs. `--sockets n` and `--seconds n` change
 * how much; `--json` prints the figures as JSON.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'
import { silentLog } from '../shared/log.ts'
import { createRng } from '../shared/rng.ts'
import { trackerSubprotocol } from '../shared/tracker-messages.ts'
import { createTracker, trackerPath } from '../tracker/main.ts'

/** Joins that wait for their answer at one time: enough to keep the tracker busy, few enough to read a latency. */
const inFlight = 64

/** What a data channel's offer measures. */
const sdpLength = 800

interface Usage {
  rssBytes: number
  cpuMs: number
}

interface Pace {
  perSecond: number
  /** The same per second of the tracker's processor time: what one core would carry. */
  perCpuSecond: number
  p50Ms: number
  p99Ms: number
}

/** The tracker's process: nothing is limited that would stop the load, all else is as in production. */
function serve(): void {
  const unlimited = 1e9
  const tracker = createTracker({
    log: silentLog,
    trustedProxies: ['loopback'],
    connectionsMax: 100_000,
    joinsPerSecond: unlimited,
    joinsBurst: unlimited,
    messagesPerSecond: unlimited,
    messagesBurst: unlimited,
    signalsPerSecond: unlimited,
    signalsBurst: unlimited,
    introductionsPerSecond: unlimited,
    introductionsBurst: unlimited,
    signalsPerIntroductionMax: unlimited,
    signalBytesPerIntroductionMax: unlimited,
    // So short that peers never run out of others that they have not met.
    introductionLifetimeMs: 300,
  })
  const http = createServer()
  http.on('upgrade', (request, socket, head) => tracker.handleUpgrade(request, socket, head))
  http.listen(0, '127.0.0.1', () => process.send!((http.address() as AddressInfo).port))
  process.on('message', () => {
    globalThis.gc!()
    const { user, system } = process.cpuUsage()
    const usage: Usage = { rssBytes: process.memoryUsage.rss(), cpuMs: (user + system) / 1000 }
    process.send!(usage)
  })
}

async function usageOf(child: ChildProcess): Promise<Usage> {
  child.send('usage')
  const [usage] = await once(child, 'message')
  return usage
}

interface Peer {
  id: string
  socket: WebSocket
  /** Who waits for the answer to a join; a peer has one at a time. */
  answered: (message: Answer) => void
  /** Who waits until a signal of this sender is here. */
  awaited: Map<string, () => void>
}

interface Answer {
  type: string
  from?: string
  peers?: { id: string }[]
}

async function openPeer(port: number, address: string): Promise<Peer> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${trackerPath}`, trackerSubprotocol, {
    perMessageDeflate: false,
    headers: { 'X-Forwarded-For': address },
  })
  const peer: Peer = { id: '', socket, answered: () => {}, awaited: new Map() }
  const [welcome] = await once(socket, 'message')
  peer.id = JSON.parse(welcome.toString()).id
  socket.on('message', (data) => {
    const message: Answer = JSON.parse(data.toString())
    if (message.type === 'signal') peer.awaited.get(message.from!)?.()
    else peer.answered(message)
  })
  return peer
}

/** Sends and waits for the answer, over and over, on a fixed number of peers at a time. */
async function measure(child: ChildProcess, seconds: number, turns: ((done: () => void) => void)[]): Promise<Pace> {
  const before = await usageOf(child)
  const startMs = performance.now()
  const endMs = startMs + seconds * 1000
  const latenciesMs: number[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() < endMs) {
        const sentMs = performance.now()
        const turn = turns[next++ % turns.length]!
        await new Promise<void>((resolve) => turn(resolve))
        latenciesMs.push(performance.now() - sentMs)
      }
    }),
  )
  const tookSeconds = (performance.now() - startMs) / 1000
  const cpuSeconds = ((await usageOf(child)).cpuMs - before.cpuMs) / 1000
  latenciesMs.sort((a, b) => a - b)
  return {
    perSecond: Math.round(latenciesMs.length / tookSeconds),
    perCpuSecond: Math.round(latenciesMs.length / cpuSeconds),
    p50Ms: latenciesMs[Math.floor(latenciesMs.length * 0.5)]!,
    p99Ms: latenciesMs[Math.floor(latenciesMs.length * 0.99)]!,
  }
}

const joinText = (want: number): string => JSON.stringify({ type: 'join', swarm: 'a'.repeat(40), have: 0.5, want })

function ask(peer: Peer, text: string, done: (answer: Answer) => void): void {
  peer.answered = done
  peer.socket.send(text)
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      server: { type: 'boolean', default: false },
      sockets: { type: 'string', default: '2000' },
      seconds: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
    },
  })
  if (values.server) return serve()
  const seconds = Number(values.seconds)
  const script = fileURLToPath(new URL('tracker.mjs', import.meta.url))
  const child = fork(script, ['--server'], { execArgv: ['--expose-gc'] })
  try {
    const [port] = await once(child, 'message')
    const rng = createRng([1, 2, 3, 4])
    const idle = await usageOf(child)
    const peers: Peer[] = []
    const openedMs = performance.now()
    while (peers.length < Number(values.sockets)) {
      // Ten networks of one provider and many others, as a popular site sees them.
      const address = () =>
        `${rng.below(2) === 0 ? '84.210' : `${1 + rng.below(200)}.${rng.below(250)}`}.${rng.below(10)}.${rng.below(250)}`
      peers.push(...(await Promise.all(Array.from({ length: 50 }, () => openPeer(port, address())))))
    }
    const openingSeconds = (performance.now() - openedMs) / 1000
    for (const peer of peers) await new Promise<void>((resolve) => ask(peer, joinText(0), () => resolve()))
    const full = await usageOf(child)
    const keepAlive = await measure(
      child,
      seconds,
      peers.map((peer) => (done) => ask(peer, joinText(0), done)),
    )
    const join = await measure(
      child,
      seconds,
      peers.map((peer) => (done) => ask(peer, joinText(8), done)),
    )
    const byId = new Map(peers.map((peer) => [peer.id, peer]))
    const relays = peers.map((peer) => relay(peer, byId))
    const signal = await measure(child, seconds, relays)
    const after = await usageOf(child)
    const figures = {
      sockets: peers.length,
      openedPerSecond: Math.round(peers.length / openingSeconds),
      bytesPerSocket: Math.round((full.rssBytes - idle.rssBytes) / peers.length),
      rssMiB: { idle: mebi(idle.rssBytes), full: mebi(full.rssBytes), after: mebi(after.rssBytes) },
      'join, want 0': keepAlive,
      'join, want 8': join,
      'join, want 1, then a signal relayed': signal,
    }
    if (values.json) console.log(JSON.stringify(figures))
    else print(figures)
    for (const peer of peers) peer.socket.terminate()
  } finally {
    child.kill()
  }
}

/** One turn: asks for a peer, sends it an offer, and is done when that peer has it. */
function relay(peer: Peer, byId: ReadonlyMap<string, Peer>): (done: () => void) => void {
  const sdp = 'x'.repeat(sdpLength)
  return (done) =>
    ask(peer, joinText(1), ({ peers: told = [] }) => {
      const other = byId.get(told[0]?.id ?? '')
      if (other === undefined) return done()
      other.awaited.set(peer.id, () => {
        other.awaited.delete(peer.id)
        done()
      })
      const signal = { session: 's', description: { type: 'offer', sdp } }
      peer.socket.send(JSON.stringify({ type: 'signal', to: other.id, signal }))
    })
}

const mebi = (bytes: number): number => Math.round(bytes / (1024 * 1024))

function print(figures: Record<string, unknown>): void {
  const rows = Object.entries(figures).filter(([, value]) => typeof value === 'object' && 'perSecond' in value!)
  for (const [name, value] of Object.entries(figures)) {
    if (!rows.some(([row]) => row === name)) console.log(`${name}: ${JSON.stringify(value)}`)
  }
  console.table(Object.fromEntries(rows))
}
