/**
 * `npm run bench:tracker`: what one tracker process carries on one core, over real sockets on loopback, beside
 * bittorrent-tracker's server and beside a bare ws server. Server and load have a core each and take turns with nobody;
 * figures are medians. `--only text` measures the rows with that in their name and keeps the other ones' last figures,
 * `--rounds n` changes how often; `--write` leaves them in bench/results.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { webTorrentPath } from '../tracker/api.ts'
import { trackerPath } from '../tracker/main.ts'
import type { AnnounceFigures, AnnounceLoad } from './announce-load.ts'
import type { IdleFigures, IdleLoad } from './idle-load.ts'
import type { JoinFigures, JoinLoad } from './join-load.ts'
import { PinnedServer, runLoad } from './pinned.ts'
import { readResults, writeResult } from './result.ts'
import type { CoreFigures } from './tracker-core.ts'
import {
  announceName,
  coreName,
  details,
  joinNames,
  judge,
  type MemoryRow,
  memoryName,
  type Name,
  note,
  type Round,
  type Row,
  type TrackerFigures,
} from './tracker-report.ts'
import { installWebTorrent, webTorrentVersions } from './webtorrent-packages.ts'

interface Contender {
  name: Name
  script: URL
  path: string
}

const nearcast: Contender = {
  name: 'nearcast',
  script: new URL('tracker-server.mjs', import.meta.url),
  path: webTorrentPath,
}
const rival: Contender = {
  name: 'bittorrent-tracker',
  script: new URL('webtorrent/tracker.mjs', import.meta.url),
  path: '/',
}
const bare: Contender = { name: 'bare ws', script: new URL('bare-server.mjs', import.meta.url), path: '/' }

/** Long enough for V8 to have compiled what is hot. */
const warmUpMs = 1_500
const measureMs = 2_000

const roundsDefault = 5

async function announceRound({ script, path }: Contender, sockets: number, offers: number): Promise<Round> {
  const server = await PinnedServer.start(script)
  try {
    const load: AnnounceLoad = { port: server.port, path, sockets, offers, warmUpMs, measureMs }
    const run = await runLoad<AnnounceFigures>('announce', load, server)
    return { ...run.figures, perCpuSecond: Math.round((run.figures.perSecond * measureMs) / run.serverCpuMs) }
  } finally {
    server.stop()
  }
}

async function announceRow(sockets: number, offers: number, rounds: number): Promise<Row> {
  const contenders = offers === 0 ? [nearcast, rival, bare] : [nearcast, rival]
  const row: Row = { name: announceName(sockets, offers), rounds: {} }
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      const measured = await announceRound(contender, sockets, offers)
      row.rounds[contender.name] = [...(row.rounds[contender.name] ?? []), measured]
    }
  }
  return row
}

const joinSockets = 10_000

/** First as fast as it goes, then at half of that. */
async function joinRow(rounds: number): Promise<Row[]> {
  const full: Round[] = []
  const half: Round[] = []
  for (let round = 0; round < rounds; round++) {
    const fastest = await joinRound(undefined)
    full.push(fastest)
    half.push(await joinRound(fastest.perSecond / 2))
  }
  return [
    { name: joinNames.full, rounds: { nearcast: full } },
    { name: joinNames.half, rounds: { nearcast: half } },
  ]
}

async function joinRound(perSecond: number | undefined): Promise<Round> {
  const server = await PinnedServer.start(nearcast.script)
  try {
    const rate = perSecond === undefined ? {} : { perSecond }
    const load: JoinLoad = { port: server.port, sockets: joinSockets, warmUpMs, measureMs, ...rate }
    const { figures, serverCpuMs } = await runLoad<JoinFigures>('join', load, server)
    const p99Ms = Math.max(figures.joinP99Ms, figures.signalP99Ms)
    return { ...figures, p99Ms, perCpuSecond: Math.round((figures.perSecond * measureMs) / serverCpuMs) }
  } finally {
    server.stop()
  }
}

const idleSockets = 10_000

async function memoryRow(rounds: number): Promise<MemoryRow> {
  const row: MemoryRow = { name: memoryName, bytes: { nearcast: [], 'bare ws': [] } }
  for (let round = 0; round < rounds; round++) {
    for (const contender of [{ ...nearcast, path: trackerPath }, bare])
      row.bytes[contender.name]!.push(await idleRound(contender))
  }
  return row
}

async function idleRound({ script, path, name }: Contender): Promise<number> {
  const server = await PinnedServer.start(script)
  try {
    const before = await server.memoryBytes()
    const load: IdleLoad = { port: server.port, path, sockets: idleSockets, isJoined: name === 'nearcast' }
    let heldBytes = 0
    await runLoad<IdleFigures>('idle', load, server, async () => {
      heldBytes = await server.memoryBytes()
    })
    return (heldBytes - before) / idleSockets
  } finally {
    server.stop()
  }
}

const announceCases = [1_000, 8_000].flatMap((sockets) => [0, 5].map((offers) => ({ sockets, offers })))

/** In a process of its own, on a heap of its own. */
function measureCore(): CoreFigures {
  const script = fileURLToPath(new URL('tracker-core.mjs', import.meta.url))
  const { status, stdout } = spawnSync(process.execPath, [script, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  if (status !== 0) throw new Error(`${script} ended with ${status}`)
  return JSON.parse(String(stdout))
}

/** Benches of one part each, which print what they measured. */
const siblings = ['tracker-abuse', 'tracker-restart']

function runSiblings(): void {
  for (const script of siblings.map((name) => fileURLToPath(new URL(`${name}.mjs`, import.meta.url)))) {
    if (!existsSync(script)) continue
    const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit' })
    if (status !== 0) throw new Error(`${script} ended with ${status}`)
  }
}

/** Rows that were not measured now keep what was measured last. */
function merged(measured: TrackerFigures): TrackerFigures {
  const last = readResults().get('tracker')?.figures as TrackerFigures | undefined
  const isNew = ({ name }: Row) => measured.rows.some((row) => row.name === name)
  const order = [
    ...announceCases.map(({ sockets, offers }) => announceName(sockets, offers)),
    joinNames.full,
    joinNames.half,
  ]
  const rows = [...measured.rows, ...(last?.rows ?? []).filter((row) => !isNew(row))]
  return {
    rows: rows.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name)),
    memory: measured.memory ?? last?.memory,
    core: measured.core ?? last?.core,
  }
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', default: '' },
      rounds: { type: 'string', default: `${roundsDefault}` },
      write: { type: 'boolean', default: false },
    },
  })
  installWebTorrent()
  const rounds = Number(values.rounds)
  const isWanted = (name: string) => name.includes(values.only)
  const measured: TrackerFigures = { rows: [], memory: undefined, core: undefined }
  for (const { sockets, offers } of announceCases) {
    if (isWanted(announceName(sockets, offers))) measured.rows.push(await announceRow(sockets, offers, rounds))
  }
  if (isWanted(joinNames.full)) measured.rows.push(...(await joinRow(rounds)))
  if (isWanted(memoryName)) measured.memory = await memoryRow(rounds)
  if (isWanted(coreName)) measured.core = measureCore()
  console.log(details(measured).join('\n'))
  for (const [aim, { measured: words, isReached }] of Object.entries(judge(measured))) {
    console.log(`${aim}: ${words}${isReached ? '' : ', short'}`)
  }
  if (values.only === '') runSiblings()
  if (!values.write) return
  const figures = merged(measured)
  writeResult(
    'tracker',
    { verdicts: judge(figures), details: [note, '', ...details(figures)], figures },
    webTorrentVersions(),
  )
}
