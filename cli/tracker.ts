/** `nearcast tracker`: the tracker alone, on a port of its own, until a signal comes. */
import { type Tracker, type TrackerOptions, trackerMetrics, trackerPath } from '../tracker/main.ts'
import { pageAddresses, printTrackerBanner, type TrackerFacts } from './banner.ts'
import { endServer } from './ending.ts'
import { printHelp } from './help.ts'
import { listen } from './listening.ts'
import { createJsonLog, createTerminalLog, type ProgramLog } from './log.ts'
import { type Operations, operationsAnswers, unreadinessOf } from './operations.ts'
import { OperatorDesk } from './operator-desk.ts'
import { packageVersion } from './package.ts'
import { readSettings } from './setting-sources.ts'
import { type TrackerCommandSettings, trackerCommandSettings } from './settings.ts'
import { createSite, type Site, sendText, sendTrackerHint } from './site.ts'
import { type EndingSignal, onReload, onSignal } from './stopping.ts'
import { openStun } from './stun.ts'
import { connectionLimits, createTrackerWith } from './tracker-room.ts'
import {
  createWorkerBus,
  endAll,
  isWorker,
  onWorkerStop,
  runPrimary,
  sayListening,
  startWorker,
  workerPort,
} from './workers.ts'

const help = {
  usage: 'nearcast tracker [options]',
  about: [
    'Introduces visitors to those near them, and relays what they need to connect. No file comes here: pages and their',
    'server may be anywhere, and clients name it with data-tracker or `tracker`.',
  ],
  settings: trackerCommandSettings,
  examples: [
    'nearcast tracker',
    'nearcast tracker --port 9000 --host 127.0.0.1 --trust-proxy loopback',
    'nearcast tracker --tracker-key-file tracker.key --bus redis://10.0.0.5:6379',
    'nearcast tracker --workers 4',
    'nearcast tracker --regions "office=10.1.0.0/16;lab=10.2.0.0/16" --connections-max 50000',
  ],
}

/** What is open only to be told why it is refused, the operator's own tools, and downloads of health. */
const spareConnections = 1024

/** Enough for farewells; a request here is answered at once. */
const closeGraceMs = 2_000

/** `wss://tracker.example.org` is its own address, as it stands; below a path others share the host. */
const trackerPaths = ['/', trackerPath]

function createTrackerSite(
  tracker: Tracker,
  settings: TrackerCommandSettings,
  operations: Operations,
  log: ProgramLog,
): Site {
  return createSite({
    tracker,
    answers: new Map([...operationsAnswers(operations), ['/', sendTrackerHint]]),
    others: (_, response) => sendText(response, 404, `a tracker alone: WebSocket at ${trackerPath}\n`),
    connectionsMax: settings.connectionsMax + spareConnections,
    connections: connectionLimits(settings, log),
    ended: async () => {},
  })
}

/** Serves until a signal comes. @throws Refusal when it cannot start */
export async function tracker(args: readonly string[]): Promise<void> {
  const settings = readSettings(trackerCommandSettings, { args, env: process.env, workFolder: process.cwd() })
  if (settings === undefined) {
    console.log(printHelp(help, args))
    return
  }
  const isTerminal = process.stdout.isTTY && process.env.TERM !== 'dumb'
  const isColored = isTerminal && !process.env.NO_COLOR
  const log: ProgramLog = isTerminal
    ? createTerminalLog(settings.logLevel, isColored, (text) => console.log(text))
    : createJsonLog(settings.logLevel)
  const announce = (facts: TrackerFacts): void => {
    if (isTerminal) console.log(printTrackerBanner(facts, isColored))
    else log.notice(facts, 'listening')
  }
  const { workers: count, connectionsPerAddressMax } = settings
  if (count > 1 && !isWorker) {
    const hasKey = settings.trackerKey !== undefined || settings.trackerKeyFile !== undefined
    return runPrimary({
      count,
      connectionsPerAddressMax,
      hasKey,
      drainMs: settings.drainDelay + settings.drainWindow,
      log,
      listening: (facts) => announce(facts as TrackerFacts),
    })
  }
  return isWorker ? startWorker(() => open(settings, log, sayListening)) : open(settings, log, announce)
}

/** The tracker of this process. @throws Refusal when it cannot start */
async function open(
  settings: TrackerCommandSettings,
  log: ProgramLog,
  announce: (facts: TrackerFacts) => void,
): Promise<void> {
  const desk: OperatorDesk = new OperatorDesk({
    settings: { ...settings, adminPort: workerPort(settings.adminPort) },
    version: packageVersion,
    log,
    unreadiness: () => unreadinessOf(site, room),
    end: endAll,
  })
  const room = await createTrackerWith(settings, log, { paths: trackerPaths, ...(isWorker && workerOptions(settings)) })
  desk.addPart('tracker', { metrics: trackerMetrics, stats: () => room.stats() })
  const site = createTrackerSite(room, settings, desk.operations, log)
  const close = async (error: unknown): Promise<never> => {
    await Promise.all([desk.close(), site.close(0)])
    throw error
  }
  const admin = await desk.open().catch(close)
  const { port } = await listen(site.server, settings.port, settings.host).catch(close)
  const stunPort = await openStun(room, settings, port, log).catch(close)
  const addresses = pageAddresses(settings.host, port)
  const facts: TrackerFacts = {
    version: packageVersion,
    addresses,
    tracker: addresses.map((address) => `${address.replace('http', 'ws')}${trackerPath}`),
    stunPort,
    ...(admin !== undefined && { admin }),
  }
  onReload(() => void desk.reload())
  const stop = async (signal: EndingSignal) => {
    await endServer(signal, { tracker: room, site, desk, settings, graceMs: closeGraceMs })
  }
  if (isWorker) onWorkerStop(stop)
  else {
    onSignal((signal) => {
      log.info({ signal }, 'stopping')
      void stop(signal)
    })
  }
  announce(facts)
}

/** A worker has a part of all connections, and of one address's what the others have not. */
function workerOptions({ bus, connectionsMax, workers }: TrackerCommandSettings): Partial<TrackerOptions> {
  const workerBus = createWorkerBus()
  return {
    connectionsMax: Math.ceil(connectionsMax / workers),
    sharedDoor: workerBus,
    ...(bus === undefined && { bus: workerBus }),
  }
}
