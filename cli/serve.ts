/** `nearcast serve`: reads the settings, puts origin, tracker, SDK and demo page together, and prints what happens. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createOrigin, type Origin, originMetrics } from '../origin/main.ts'
import { MiB } from '../shared/limits.ts'
import type { Tracker } from '../tracker/main.ts'
import { createAllInOne } from './all-in-one.ts'
import { type BannerFacts, pageAddresses, printBanner } from './banner.ts'
import { type BuiltFile, readBuiltFiles } from './built-files.ts'
import { cacheFolder } from './cache-folder.ts'
import { endServer } from './ending.ts'
import { printHelp } from './help.ts'
import { signingOf } from './key-file.ts'
import { listen } from './listening.ts'
import { formatLive, LiveLine, type LiveNumbers } from './live-line.ts'
import { createJsonLog, createTerminalLog, type ProgramLog } from './log.ts'
import { unreadinessOf } from './operations.ts'
import { OperatorDesk } from './operator-desk.ts'
import { builtFolder, packageVersion } from './package.ts'
import { printSettings } from './printed-settings.ts'
import { Refusal, systemErrorCode, usageRefusal } from './refusal.ts'
import { readSettings } from './setting-sources.ts'
import { type ServeSettings, serveSettings } from './settings.ts'
import type { Site } from './site.ts'
import { onReload, onSignal, stopAsked } from './stopping.ts'
import { openStun } from './stun.ts'
import { addLiveSettings, addTracker } from './tracker-desk.ts'
import { connectionLimits, createTrackerWith } from './tracker-room.ts'
import { liveOptionsOf } from './tracker-settings.ts'

/** Thin enough that a second visitor sees the first one's help within seconds. */
const demoEgressBytesPerSecondMax = 4 * MiB

/** With the drain below the 10 s after which Docker kills, and enough for a chunk that is on its way. */
const closeGraceMs = 3_000

const help = {
  usage: 'nearcast serve [folder] [options]',
  about: [
    "Serves a folder's files over HTTP with their manifests, the tracker, and the script for pages: all that visitors",
    'need to serve the files to one another, on one port.',
  ],
  settings: serveSettings,
  examples: [
    'nearcast serve ./downloads',
    'nearcast serve ./downloads --port 9000 --egress-rate 100Mbit/s',
    'nearcast serve --demo',
  ],
}

/** `--egress-rate` as it counts: what was said, or the demo's thin line, or no cap. */
function egressCap({ egressRate, demo }: ServeSettings): number | undefined {
  const rate = egressRate ?? (demo ? demoEgressBytesPerSecondMax : Number.POSITIVE_INFINITY)
  return Number.isFinite(rate) ? rate : undefined
}

async function builtFiles(name: string, required: string): Promise<Map<string, BuiltFile>> {
  const folder = join(builtFolder, name)
  const files = await readBuiltFiles(folder).catch(() => new Map<string, BuiltFile>())
  if (files.has(required)) return files
  throw new Refusal(`${join(folder, required)} is missing: run "npm run build" first`)
}

/** The demo's download is there for everyone on every machine: the program that is running. */
function softwareName(): string {
  return `node-${process.version}-${process.platform}-${process.arch}${process.platform === 'win32' ? '.exe' : ''}`
}

interface Rooms {
  origin: Origin
  tracker: Tracker
  site: Site
  desk: OperatorDesk
}

const servedFolder = ({ folder, demo }: ServeSettings) => folder ?? (demo ? undefined : process.cwd())

/** @throws Refusal when there is no such file */
function siteKeyOf({ siteKeyFile }: ServeSettings): Buffer | undefined {
  if (siteKeyFile === undefined) return undefined
  try {
    return Buffer.from(readFileSync(siteKeyFile, 'utf8').trim())
  } catch (error) {
    throw usageRefusal(`the site key ${siteKeyFile} cannot be read (${systemErrorCode(error)})`)
  }
}

async function createRooms(settings: ServeSettings, softwarePath: string | undefined, log: ProgramLog): Promise<Rooms> {
  const folder = servedFolder(settings)
  const cap = egressCap(settings)
  const signing = signingOf(settings)
  const sdk = await builtFiles('browser', 'nearcast.js')
  const page = settings.demo ? await builtFiles('demo', 'index.html') : undefined
  const desk: OperatorDesk = new OperatorDesk({
    settings,
    version: packageVersion,
    log,
    unreadiness: () => unreadinessOf(site, tracker),
    end: stopAsked,
  })
  const tracker = await createTrackerWith(settings, log)
  const origin = await createOrigin({
    folder,
    files: softwarePath === undefined ? undefined : new Map([[softwarePath, process.execPath]]),
    egressBytesPerSecondMax: cap,
    hashFolder: settings.hashFolder ?? cacheFolder(),
    siteKey: siteKeyOf(settings),
    signing,
    log,
  }).catch(async (error: unknown) => {
    await tracker.close()
    throw new Refusal(error instanceof Error ? error.message : String(error), undefined, { cause: error })
  })
  const demo =
    page && softwarePath !== undefined
      ? { page, softwarePath, egressBytesPerSecondMax: cap, version: packageVersion }
      : undefined
  const connections = connectionLimits(settings, log)
  const site = createAllInOne({ origin, tracker, sdk, demo, operations: desk.operations, connections })
  addTracker(desk, tracker)
  desk.addPart('origin', { metrics: originMetrics, stats: () => origin.stats() })
  return { origin, tracker, site, desk }
}

function liveNumbers({ origin, tracker }: Rooms): LiveNumbers {
  const { peers, swarms } = tracker.stats()
  const { bytesSent, activeResponses } = origin.stats()
  return { peers, swarms, bytesSent, activeResponses }
}

/** Serves until a signal comes. @throws Refusal when it cannot start */
export async function serve(args: readonly string[]): Promise<void> {
  const surroundings = { args, env: process.env, workFolder: process.cwd() }
  const settings = readSettings(serveSettings, surroundings)
  if (settings === undefined) return console.log(printHelp(help, args))
  if (settings.printConfig) return console.log(printSettings(serveSettings, surroundings))
  const isTerminal = process.stdout.isTTY && process.env.TERM !== 'dumb'
  const isColored = isTerminal && !process.env.NO_COLOR
  const softwarePath = settings.demo ? `/${softwareName()}` : undefined
  let live: LiveLine<LiveNumbers> | undefined
  const log = isTerminal
    ? createTerminalLog(settings.logLevel, isColored, (text) =>
        live === undefined ? console.log(text) : live.print(text),
      )
    : createJsonLog(settings.logLevel)
  const rooms = await createRooms(settings, softwarePath, log)
  const { site, desk, tracker } = rooms
  const reread = () => readSettings(serveSettings, surroundings)!
  addLiveSettings(desk, { settings, reread, log }, (changed) => tracker.change(liveOptionsOf(changed)))
  const end = async (error: unknown): Promise<never> => {
    await Promise.all([desk.close(), site.close(0)])
    throw error
  }
  const admin = await desk.open().catch(end)
  const { port } = await listen(site.server, settings.port, settings.host).catch(end)
  const stunPort = await openStun(tracker, settings, port, log).catch(end)
  const facts: BannerFacts = {
    version: packageVersion,
    addresses: pageAddresses(settings.host, port),
    folder: servedFolder(settings),
    softwarePath,
    egressBytesPerSecondMax: egressCap(settings),
    stunPort,
    ...(admin !== undefined && { admin }),
  }
  onReload(() => void desk.reload())
  onSignal(async (signal) => {
    live?.stop()
    log.info({ signal }, 'stopping')
    await endServer(signal, { tracker, site, desk, settings, graceMs: closeGraceMs })
  })
  if (isTerminal) {
    console.log(printBanner(facts, isColored))
    live = new LiveLine(
      process.stdout,
      () => liveNumbers(rooms),
      () => performance.now(),
      formatLive,
    )
    live.start()
  } else {
    log.notice(facts, 'listening')
  }
  // Not waited for: until the hash is known the file is served all the same, without help from peers.
  if (softwarePath !== undefined) void rooms.origin.warm(softwarePath)
}
