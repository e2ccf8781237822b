/**
 * A server and a load, each in a process of its own on a core of its own, so that neither takes time from the other.
 * Where there is no taskset (util-linux) they run where the system puts them.
 */
import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const serverCore = 1
const loadCore = 0

/** In which /proc counts processor time. */
const tickMs = 10

function pin(pid: number | undefined, core: number): void {
  spawnSync('taskset', ['-acp', `${core}`, `${pid}`], { stdio: 'ignore' })
}

export const pinToLoadCore = (pid: number): void => pin(pid, loadCore)

async function message(child: ChildProcess): Promise<unknown> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`a process of the bench ended with ${code}`)
  })
  // It may end when nobody waits for it any more.
  ended.catch(() => {})
  return ((await Promise.race([once(child, 'message'), ended])) as unknown[])[0]
}

export class PinnedServer {
  readonly port: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  /** @param script it tells its port first, and ends when this process disconnects */
  static async start(script: URL, args: readonly string[] = []): Promise<PinnedServer> {
    const child = fork(fileURLToPath(script), args, { execArgv: ['--expose-gc'] })
    pin(child.pid, serverCore)
    return new PinnedServer(child, (await message(child)) as number)
  }

  /** What is resident once nothing is left to free. */
  async memoryBytes(): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, 500))
    this.#child.send('memory')
    return (await message(this.#child)) as number
  }

  /** Processor time so far, of all its threads. */
  get cpuMs(): number {
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) * tickMs
  }

  stop(): void {
    this.#child.disconnect()
  }
}

/** What a load's process says: that it begins to measure, and what came of it. */
export type LoadMessage = { type: 'begins' } | { type: 'ended'; figures: unknown }

export interface LoadRun<T> {
  figures: T
  /** The server's processor time while it was measured. */
  serverCpuMs: number
}

/** @param begun is waited for before the load goes on, where it waits */
export async function runLoad<T>(
  kind: string,
  load: object,
  server: PinnedServer,
  begun: () => Promise<void> = async () => {},
): Promise<LoadRun<T>> {
  const child = fork(fileURLToPath(new URL('tracker-load.mjs', import.meta.url)), [kind, JSON.stringify(load)])
  pin(child.pid, loadCore)
  try {
    await message(child)
    const cpuMs = server.cpuMs
    await begun()
    child.send('go on')
    const { figures } = (await message(child)) as LoadMessage & { type: 'ended' }
    return { figures: figures as T, serverCpuMs: server.cpuMs - cpuMs }
  } finally {
    child.disconnect()
  }
}
