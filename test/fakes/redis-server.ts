/** A real redis-server (or valkey-server) on a free port of loopback, which keeps nothing. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** What each of these prints when it can be talked to. */
const readyPattern = /Ready to accept connections/

/** @returns the command that starts a server, if there is one */
export function findRedisServer(): string | undefined {
  const commands = process.env.REDIS_SERVER ? [process.env.REDIS_SERVER] : ['redis-server', 'valkey-server']
  return commands.find((command) => spawnSync(command, ['--version']).status === 0)
}

export const missingRedis =
  'The tests need redis-server. Install it with:\n' +
  '  sudo apt-get install -y --no-install-recommends redis-server\n' +
  'or name one:\n' +
  '  REDIS_SERVER=/path/to/redis-server npm test'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

export class RedisServer {
  readonly port: number
  readonly url: string
  readonly #args: string[]
  #child: ChildProcess | undefined

  private constructor(port: number, args: string[]) {
    this.port = port
    this.url = `redis://127.0.0.1:${port}`
    this.#args = args
  }

  /** @param args more of the server's own settings, such as `--requirepass` */
  static async start(args: string[] = []): Promise<RedisServer> {
    for (let attempt = 0; ; attempt++) {
      const server = new RedisServer(await freePort(), args)
      try {
        await server.begin()
        return server
      } catch (error) {
        // Another program may have taken the port meanwhile.
        if (attempt === 3 || findRedisServer() === undefined) throw error
      }
    }
  }

  /** Starts it, or starts it again on the same port with nothing remembered. */
  async begin(): Promise<void> {
    const command = findRedisServer()
    if (command === undefined) throw new Error(missingRedis)
    const own = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', '/tmp']
    const child = spawn(command, [...own, ...this.#args], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (part) => {
        said += part
        if (readyPattern.test(said)) resolve()
      })
      child.once('error', reject)
      child.once('exit', () => reject(new Error(`${command} ended:\n${said}`)))
    })
    this.#child = child
  }

  /** Without a farewell, as when a machine fails. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  /** It hangs: connected, and silent. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }
}
