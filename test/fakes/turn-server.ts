/** A real coturn on a free port of loopback, with a secret that only the test knows. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mappedEndpoint, stunDatagram } from './stun-datagrams.ts'

/** @returns the command that starts coturn, if it is here */
export function findTurnServer(): string | undefined {
  const command = process.env.TURN_SERVER || 'turnserver'
  // It ends with 0 or with 255, by version.
  return spawnSync(command, ['--version']).error === undefined ? command : undefined
}

export const missingTurnServer =
  'The tests need coturn. Install it with:\n' +
  '  sudo apt-get install -y --no-install-recommends coturn\n' +
  'or name its program:\n' +
  '  TURN_SERVER=/path/to/turnserver npm test'

const startAttempts = 4

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(resolve))
  return port
}

export class TurnServer {
  readonly url: string
  readonly secret = 'a-secret-of-this-test-alone'
  readonly #child: ChildProcess
  readonly #folder: string

  private constructor(port: number, child: ChildProcess, folder: string) {
    this.url = `turn:127.0.0.1:${port}?transport=udp`
    this.#child = child
    this.#folder = folder
  }

  static async start(): Promise<TurnServer> {
    const command = findTurnServer()
    if (command === undefined) throw new Error(missingTurnServer)
    for (let attempt = 1; ; attempt++) {
      const port = await freePort()
      const folder = mkdtempSync(join(tmpdir(), 'nearcast-turn-'))
      const child = spawn(command, turnArgs(port, folder), { stdio: ['ignore', 'pipe', 'pipe'] })
      const server = new TurnServer(port, child, folder)
      if (await answers(port, child)) return server
      await server.stop()
      // Another program may have taken the port meanwhile.
      if (attempt === startAttempts) throw new Error(`${command} does not start on UDP port ${port}`)
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL')
      await once(this.#child, 'exit')
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** No file of the machine's own coturn is read or written. Peers on loopback are what a test has. */
function turnArgs(port: number, folder: string): string[] {
  const options = {
    'listening-ip': '127.0.0.1',
    'relay-ip': '127.0.0.1',
    'listening-port': port,
    realm: 'nearcast.test',
    'static-auth-secret': 'a-secret-of-this-test-alone',
    'log-file': 'stdout',
    pidfile: join(folder, 'pid'),
    userdb: join(folder, 'db'),
  }
  const switches = [
    '-n',
    '--use-auth-secret',
    '--allow-loopback-peers',
    '--no-cli',
    '--no-tls',
    '--no-dtls',
    '--no-tcp',
  ]
  return [...switches, ...Object.entries(options).map(([name, value]) => `--${name}=${value}`)]
}

/** Asks until it is answered, or until the server has ended: it says in no version the same when it is ready. */
async function answers(port: number, child: ChildProcess): Promise<boolean> {
  child.stdout!.resume()
  child.stderr!.resume()
  const socket = createSocket('udp4')
  const asking = setInterval(() => socket.send(stunDatagram(), port, '127.0.0.1'), 20)
  const ended = once(child, 'exit').then(() => false)
  const answered = once(socket, 'message').then(([answer]) => mappedEndpoint(answer as Buffer) !== undefined)
  socket.on('error', () => {})
  try {
    return await Promise.race([ended, answered])
  } finally {
    clearInterval(asking)
    socket.close()
  }
}
