/**
 * Several processes of one server on one machine: the primary starts them, has the bus between them, starts those anew
 * that crash, and ends when they have ended. Knows nothing of what a worker serves.
 */
import cluster, { type Worker } from 'node:cluster'
import { randomBytes } from 'node:crypto'
import type { Pipe, WorkerHub } from '../tracker/main.ts'
import type { ProgramLog } from './log.ts'
import { exitCodes, Refusal } from './refusal.ts'
import { variableName } from './setting.ts'
import { type EndingSignal, onReload, onSignal, stopAsked } from './stopping.ts'

/** A worker that crashes is back soon at first; one that cannot live does not keep the machine busy with dying. */
const restartMsMin = 500
const restartMsMax = 30_000

/** Who lived so long did not crash at its start. */
const steadyMs = 60_000

/** Workers end within their own times of grace; what is left so long after hangs. */
const stopMsMax = 15_000

export interface PrimaryOptions {
  count: number
  hub: WorkerHub
  /** Whether all trackers of the service share a key that the operator gave. */
  hasKey: boolean
  /** In which a worker sends its visitors elsewhere before it ends. */
  drainMs: number
  log: ProgramLog
  /** The operator's desk of the whole server. @returns to be called when the worker is gone */
  joined: (worker: Pipe) => () => void
  /** Reads files again. */
  reload: () => void
  /** The end begins. */
  stopping: () => void
  /** All workers listen: called once, with what the last one said. */
  listening: (facts: unknown) => void
}

type Said =
  | { nearcast: 'listening'; facts: unknown }
  | { nearcast: 'refused'; message: string; exitCode: number }
  | { nearcast: 'stop'; signal: EndingSignal }

const isSaid = (message: unknown): message is Said =>
  typeof message === 'object' && message !== null && 'nearcast' in message

export const isWorker = cluster.isWorker

/** Begins the end of the whole server, in a worker too. */
export const endAll = (): void => {
  if (isWorker) process.kill(process.ppid, 'SIGTERM')
  else stopAsked()
}

/** The primary's life, until it ends the process. @throws Refusal of the first worker that cannot start */
export function runPrimary(options: PrimaryOptions): Promise<void> {
  return new Promise((_, refuse) => live(options, refuse))
}

function live(
  { count, hub, hasKey, drainMs, log, joined, reload, stopping, listening }: PrimaryOptions,
  refuse: (why: Refusal) => void,
): void {
  // Workers of one machine are one service, though nobody gave it a key.
  const env = hasKey ? {} : { [variableName('trackerKey')]: randomBytes(32).toString('base64url') }
  const living = new Set<Worker>()
  let listeningCount = 0
  let isListening = false
  let isStopping = false
  let exitCode = 0

  const endIfLast = () => {
    if (isStopping && living.size === 0) process.exit(exitCode)
  }

  const start = (crashCount: number): void => {
    const worker = cluster.fork(env)
    const startedAt = performance.now()
    living.add(worker)
    worker.once('online', () => log.info({ pid: worker.process.pid }, 'worker started'))
    const pipe = pipeTo(worker)
    const ends = [hub.serve(pipe), joined(pipe)]
    worker.on('message', (message: unknown) => {
      if (!isSaid(message)) return
      if (message.nearcast === 'refused' && !isStopping) {
        exitCode = message.exitCode
        refuse(new Refusal(message.message, exitCode))
        return stop('SIGINT')
      }
      if (message.nearcast !== 'listening') return
      listeningCount++
      if (isListening || listeningCount < count) return
      isListening = true
      listening(message.facts)
    })
    worker.on('exit', (code, signal) => {
      for (const end of ends) end()
      living.delete(worker)
      if (isStopping) return endIfLast()
      if (!isListening) {
        exitCode = code || exitCodes.world
        refuse(new Refusal(`a worker ended before it could listen: ${signal ?? `exit code ${code}`}`, exitCode))
        return stop('SIGINT')
      }
      const crashes = performance.now() - startedAt >= steadyMs ? 0 : crashCount + 1
      const retryMs = Math.min(restartMsMax, restartMsMin * 2 ** crashes)
      log.error({ code, signal, retryMs }, 'a worker ended; another takes its place')
      setTimeout(() => isStopping || start(crashes), retryMs)
    })
  }

  const stop = (signal: EndingSignal): void => {
    isStopping = true
    stopping()
    for (const worker of living) worker.send({ nearcast: 'stop', signal } satisfies Said, () => {})
    setTimeout(() => process.exit(exitCode || exitCodes.world), drainMs + stopMsMax).unref()
    endIfLast()
  }

  onSignal((signal) => {
    log.info({ signal }, 'stopping')
    stop(signal)
  })
  onReload(reload)
  process.on('exit', () => {
    // A second signal ends the primary at once: nobody stays behind.
    for (const worker of living) worker.process.kill('SIGKILL')
  })
  for (let i = 0; i < count; i++) start(0)
}

function pipeTo(worker: Worker): Pipe {
  return {
    get isOpen() {
      return worker.isConnected()
    },
    send: (message, sent) => void worker.send(message, sent),
    listen: (listener) => void worker.on('message', listener),
  }
}

/** A worker's way to its primary. */
export const primaryPipe: Pipe = {
  get isOpen() {
    return process.connected
  },
  send: (message, sent) => void process.send!(message, undefined, undefined, sent),
  listen: (listener) => void process.on('message', listener),
}

/** Runs a worker's start: the primary says for all of them why it cannot be. */
export async function startWorker(start: () => Promise<void>): Promise<void> {
  try {
    await start()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { message, exitCode } = error
    process.send!({ nearcast: 'refused', message, exitCode } satisfies Said, undefined, undefined, () =>
      process.exit(exitCode),
    )
  }
}

/** A worker serves from now on. */
export function sayListening(facts: unknown): void {
  process.send!({ nearcast: 'listening', facts } satisfies Said)
}

/**
 * Calls `stop` once, when the primary says so or a signal comes. A terminal sends its signals to all processes, and so do
 * those who end a whole group: a worker that is already stopping goes on with it.
 */
export function onWorkerStop(stop: (signal: EndingSignal) => void): void {
  let isStopping = false
  const once = (signal: EndingSignal) => {
    if (!isStopping) stop(signal)
    isStopping = true
  }
  process.on('message', (message) => {
    if (isSaid(message) && message.nearcast === 'stop') once(message.signal)
  })
  process.on('SIGTERM', () => once('SIGTERM'))
  process.on('SIGINT', () => {})
}
