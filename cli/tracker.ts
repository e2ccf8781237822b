/** `nearcast tracker`: the tracker alone, on a port of its own, until a signal comes. */
import { PipeBus, type Tracker, type TrackerOptions, trackerPath, WorkerHub } from '../tracker/main.ts'
import { pageAddresses, printTrackerBanner, type TrackerFacts } from './banner.ts'
import { endServer } from './ending.ts'
import { printHelp } from './help.ts'
import { listen } from './listening.ts'
import { createJsonLog, createTerminalLog, type ProgramLog } from './log.ts'
import { type Operations, operationsAnswers, unreadinessOf } from './operations.ts'
import { OperatorDesk } from './operator-desk.ts'
import { packageVersion } from './package.ts'
import { printSettings } from './printed-settings.ts'
import { Questions } from './questions.ts'
import { readSettings } from './setting-sources.ts'
import { type TrackerCommandSettings, trackerCommandSettings } from './settings.ts'
import { createSite, type Site, sendText, sendTrackerHint } from './site.ts'
import { type EndingSignal, onReload, onSignal, stopAsked } from './stopping.ts'
import { openStun } from './stun.ts'
import { addLiveSettings, addTeam, addTracker } from './tracker-desk.ts'
import { connectionLimits, createTrackerWith } from './tracker-room.ts'
import { liveOptionsOf } from './tracker-settings.ts'
import { type TeamQuestion, WorkerTeam } from './worker-team.ts'
import { endAll, isWorker, onWorkerStop, primaryPipe, runPrimary, sayListening, startWorker } from './workers.ts'

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

/** What it begins with, and how its settings are read again. */
interface Start {
  settings: TrackerCommandSettings
  reread: () => TrackerCommandSettings
  log: ProgramLog
}

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
  const surroundings = { args, env: process.env, workFolder: process.cwd() }
  const settings = readSettings(trackerCommandSettings, surroundings)
  if (settings === undefined) return console.log(printHelp(help, args))
  if (settings.printConfig) return console.log(printSettings(trackerCommandSettings, surroundings))
  const isTerminal = process.stdout.isTTY && process.env.TERM !== 'dumb'
  const isColored = isTerminal && !process.env.NO_COLOR
  const log: ProgramLog = isTerminal
    ? createTerminalLog(settings.logLevel, isColored, (text) => console.log(text))
    : createJsonLog(settings.logLevel)
  const announce = (facts: TrackerFacts): void => {
    if (isTerminal) console.log(printTrackerBanner(facts, isColored))
    else log.notice(facts, 'listening')
  }
  const reread = () => readSettings(trackerCommandSettings, surroundings)!
  const start: Start = { settings, reread, log }
  if (settings.workers > 1 && !isWorker) return openWorkers(start, announce)
  return isWorker ? startWorker(() => open(start, sayListening)) : open(start, announce)
}

/** Several processes, with one desk for their operator. @throws Refusal when they cannot start */
async function openWorkers(start: Start, announce: (facts: TrackerFacts) => void): Promise<void> {
  const { settings, log } = start
  const team = new WorkerTeam()
  let unreadiness: string | undefined = 'starting'
  const desk = new OperatorDesk({
    settings,
    version: packageVersion,
    log,
    unreadiness: () => unreadiness,
    end: stopAsked,
    printMetrics: () => team.printMetrics(),
  })
  addTeam(desk, team)
  const admin = await desk.open()
  const { workers: count, connectionsPerAddressMax, trackerKey, trackerKeyFile, drainDelay, drainWindow } = settings
  const hub = new WorkerHub(connectionsPerAddressMax)
  addLiveSettings(desk, start, (changed) => {
    hub.connectionsPerAddressMax = changed.connectionsPerAddressMax
  })
  await runPrimary({
    count,
    hub,
    hasKey: trackerKey !== undefined || trackerKeyFile !== undefined,
    drainMs: drainDelay + drainWindow,
    log,
    joined: (worker) => team.serve(worker),
    reload: () => void desk.reload(),
    stopping: () => {
      unreadiness = 'draining'
    },
    listening(facts) {
      unreadiness = undefined
      announce({ ...(facts as TrackerFacts), ...(admin !== undefined && { admin }) })
    },
  }).finally(() => desk.close())
}

/** What an operator asked of all workers the primary tells, once. */
const mute = (log: ProgramLog): ProgramLog => ({ ...log, info() {}, warn() {}, error() {} })

/** What a worker's primary asks it for. */
function answerPrimary(desk: OperatorDesk): Questions<TeamQuestion> {
  return new Questions<TeamQuestion>(primaryPipe, (question) =>
    question === 'metrics' ? desk.readMetrics() : desk.answer(question),
  )
}

/** The tracker of this process. @throws Refusal when it cannot start */
async function open(start: Start, announce: (facts: TrackerFacts) => void): Promise<void> {
  const { settings, log } = start
  const deskLog = isWorker ? mute(log) : log
  const desk: OperatorDesk = new OperatorDesk({
    // Of several workers the primary has it, for all.
    settings: isWorker ? { ...settings, adminPort: undefined } : settings,
    version: packageVersion,
    log: deskLog,
    unreadiness: () => unreadinessOf(site, room),
    end: endAll,
    ...(isWorker && { printMetrics: async () => String(await primary?.ask('metrics')) }),
  })
  const primary = isWorker ? answerPrimary(desk) : undefined
  const room = await createTrackerWith(settings, log, { paths: trackerPaths, ...(isWorker && workerOptions(settings)) })
  addTracker(desk, room)
  addLiveSettings(desk, { ...start, log: deskLog }, (changed) => room.change(liveOptionsOf(changed)))
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
  const workerBus = new PipeBus(primaryPipe)
  return {
    connectionsMax: Math.ceil(connectionsMax / workers),
    sharedDoor: workerBus,
    ...(bus === undefined && { bus: workerBus }),
  }
}
