/**
 * What end-to-end tests stand on: the real `nearcast` program on a free port, folders of generated files, and browser
 * tabs that share nothing. Knows nothing of what is tested.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { createRng } from '../../shared/rng.ts'

/** The built program, or another copy of it: an installed package, for one. */
export const program =
  process.env.TEST_NEARCAST ?? fileURLToPath(new URL('../../dist/cli/nearcast.js', import.meta.url))

export type LogLine = Record<string, unknown>

export interface RunningServer {
  /** Like `http://localhost:41231`, without a slash at the end. */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Every line of stdout so far, parsed; a line that is not JSON is under `text`. */
  readonly lines: readonly LogLine[]
  readonly stderr: string
  /** The first line, past or to come, that the test accepts. Rejects when the program ends before. */
  waitForLine(accepts: (line: LogLine) => boolean): Promise<LogLine>
  signal(name: NodeJS.Signals): void
  /** How it ended: its exit code, or the signal that killed it. */
  ended(): Promise<number | NodeJS.Signals>
  /** Stops it as an operator does, with SIGTERM. Rejects when it does not end with 0. */
  stop(): Promise<void>
  /** Kills it as a power cut does. */
  kill(): Promise<void>
}

export interface ServerOptions {
  /** Added to the environment, from which NEARCAST_* variables of the machine are removed. */
  env?: Record<string, string>
  workFolder?: string
  /** Kept between two servers by those who test restarts; a new one of its own otherwise. */
  hashFolder?: string
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

function cleanEnv(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const env = Object.entries(process.env).filter(([name]) => !name.startsWith('NEARCAST_'))
  return { ...Object.fromEntries(env), ...extra }
}

/** A server that is stopped by a test makes nobody wait. */
const hurried = { NEARCAST_DRAIN_DELAY: '0s', NEARCAST_DRAIN_WINDOW: '0s' }

function start(args: readonly string[], { env, workFolder }: ServerOptions): ChildProcess {
  if (!existsSync(program)) throw new Error(`${program} is missing: run "npm run build" first`)
  const child = spawn(process.execPath, [program, ...args], {
    env: cleanEnv({ ...hurried, ...env }),
    cwd: workFolder ?? tmpdir(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text)
  } catch {
    return { text }
  }
}

/** `nearcast serve` with these arguments, on a free port unless they name one, when it is listening. */
export async function startServer(args: readonly string[] = [], options: ServerOptions = {}): Promise<RunningServer> {
  const ownHashFolder = options.hashFolder === undefined ? mkdtempSync(join(tmpdir(), 'nearcast-hashes-')) : undefined
  const hashFolder = options.hashFolder ?? ownHashFolder!
  const child = start(['serve', '--port', '0', '--hash-folder', hashFolder, ...args], options)
  const lines: LogLine[] = []
  const waiting = new Set<() => void>()
  let stderr = ''
  const end = once(child, 'close').then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals)
  let hasEnded = false
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  createInterface({ input: child.stdout! }).on('line', (text) => {
    lines.push(parseLine(text))
    for (const look of waiting) look()
  })
  void end.then(() => {
    hasEnded = true
    if (ownHashFolder !== undefined) rmSync(ownHashFolder, { recursive: true, force: true })
    for (const look of waiting) look()
  })
  const waitForLine = (accepts: (line: LogLine) => boolean) =>
    new Promise<LogLine>((resolve, reject) => {
      const look = () => {
        const found = lines.find(accepts)
        if (found === undefined && !hasEnded) return
        waiting.delete(look)
        if (found !== undefined) resolve(found)
        else
          reject(
            new Error(
              `the server ended before that line:\n${lines.map((l) => JSON.stringify(l)).join('\n')}\n${stderr}`,
            ),
          )
      }
      waiting.add(look)
      look()
    })
  const { addresses } = await waitForLine((line) => Array.isArray(line.addresses))
  const url = (addresses as string[])[0]!
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid!,
    lines,
    get stderr() {
      return stderr
    },
    waitForLine,
    signal: (name) => void child.kill(name),
    ended: () => end,
    async stop() {
      child.kill('SIGTERM')
      const code = await end
      if (code !== 0) throw new Error(`the server ended with ${code}:\n${stderr}`)
    },
    async kill() {
      child.kill('SIGKILL')
      await end
    },
  }
}

export interface RunResult {
  code: number | NodeJS.Signals
  stdout: string
  stderr: string
}

/** `nearcast` with these arguments, when it has ended by itself. */
export async function runProgram(args: readonly string[], options: ServerOptions = {}): Promise<RunResult> {
  const child = start(args, options)
  const result = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (text: string) => {
      result[name] += text
    })
  }
  const [code, signal] = await once(child, 'close')
  return { ...result, code: signal ?? code }
}

export interface GeneratedFile {
  path: string
  size: number
  sha256: string
}

export interface TempFolder {
  readonly path: string
  /** Writes a file of seeded bytes; the same seed and size give the same bytes. */
  generate(name: string, size: number, seed?: number): GeneratedFile
  write(name: string, content: string | Uint8Array): string
  remove(): void
}

export function seededBytes(size: number, seed: number): Buffer {
  const rng = createRng([seed, size, 0x9e3779b9, 1])
  const words = new Uint32Array(Math.ceil(size / 4))
  for (let i = 0; i < words.length; i++) words[i] = rng.uint32()
  return Buffer.from(words.buffer, 0, size)
}

export const sha256Hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

export function createTempFolder(): TempFolder {
  const path = mkdtempSync(join(tmpdir(), 'nearcast-files-'))
  const write = (name: string, content: string | Uint8Array) => {
    const file = join(path, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    return file
  }
  return {
    path,
    write,
    generate(name, size, seed = 1) {
      const bytes = seededBytes(size, seed)
      return { path: write(name, bytes), size, sha256: sha256Hex(bytes) }
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}

/** One HTTP request whose path goes out as it is written; `fetch` would tidy it first. */
export async function ask(
  server: { port: number },
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const outgoing = request({ host: 'localhost', port: server.port, path, method, headers, agent: false })
  outgoing.end()
  const [response] = await once(outgoing, 'response')
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part)
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }
}

export interface Tab {
  page: Page
  context: BrowserContext
  /** What the page threw or logged as an error. */
  errors: string[]
  close(): Promise<void>
}

/** A tab of a visitor of its own: nothing stored, nothing shared with other tabs. */
export async function openTab(browser: Browser, url: string): Promise<Tab> {
  const context = await browser.newContext({ acceptDownloads: true })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  await page.goto(url)
  return { page, context, errors, close: () => context.close() }
}
