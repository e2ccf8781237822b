/** The built program at work: what it says on both outputs, and ways to end it. For commands that are no server. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { program } from './harness.ts'

export interface RunningProgram {
  readonly child: ChildProcess
  readonly lines: readonly Record<string, unknown>[]
  readonly stderr: string
  /** The first JSON line of stdout that the test accepts; rejects when the program ends before. */
  waitForLine(accepts: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>
  /** Its exit code, or the signal that killed it. */
  readonly ended: Promise<number | NodeJS.Signals>
}

export interface ProgramOptions {
  env?: Record<string, string>
  workFolder: string
  /** A shell's line that comes before the program, such as a limit. */
  prelude?: string
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

const cleanEnv = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^NEARCAST_|^NODE_/.test(name)))

export function startProgram(args: readonly string[], options: ProgramOptions): RunningProgram {
  const { env, workFolder, prelude } = options
  const command = prelude === undefined ? process.execPath : '/bin/sh'
  const shellArgs = ['-c', `${prelude}; exec "$0" "$@"`, process.execPath]
  const child = spawn(command, [...(prelude === undefined ? [] : shellArgs), program, ...args], {
    cwd: workFolder,
    env: { ...cleanEnv, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  const lines: Record<string, unknown>[] = []
  const waiting = new Set<() => void>()
  let stderr = ''
  let hasEnded = false
  const ended = once(child, 'close').then(([code, signal]) => {
    hasEnded = true
    running.delete(child)
    for (const look of waiting) look()
    return (signal ?? code) as number | NodeJS.Signals
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  createInterface({ input: child.stdout }).on('line', (text) => {
    try {
      lines.push(JSON.parse(text))
    } catch {
      lines.push({ text })
    }
    for (const look of waiting) look()
  })
  return {
    child,
    lines,
    get stderr() {
      return stderr
    },
    ended,
    waitForLine: (accepts) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find(accepts)
          if (found === undefined && !hasEnded) return
          waiting.delete(look)
          if (found !== undefined) resolve(found)
          else reject(new Error(`it ended before that line:\n${JSON.stringify(lines)}\n${stderr}`))
        }
        waiting.add(look)
        look()
      }),
  }
}
