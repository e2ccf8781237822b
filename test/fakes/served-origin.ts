/** A real origin behind a real HTTP server on loopback, over a folder of its own; and requests as they are written. */
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { type Agent, createServer, type IncomingHttpHeaders, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOrigin, type Origin, type OriginOptions } from '../../origin/main.ts'
import { hashFileHere } from '../../origin/shell/file-hash.ts'
import { silentLog } from '../../shared/log.ts'

export interface HttpAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
  text: string
  sha256: string
  /** True when the connection broke before the announced end of the body. */
  brokenOff: boolean
}

export interface ServedOrigin {
  origin: Origin
  port: number
  /** The published folder, and the one for manifests. */
  folder: string
  hashFolder: string
  /** Sends the path as it is written, unlike `fetch`. */
  get(path: string, headers?: Record<string, string>, method?: string, agent?: Agent): Promise<HttpAnswer>
  close(): Promise<void>
}

/** Compared in place of long bodies: that takes seconds, element by element. */
export const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

export async function temporaryFolder(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), 'nearcast-origin-')))
}

/** Folders that the options name are the caller's; others are made and deleted. */
export async function serveOrigin(options: Partial<OriginOptions> = {}): Promise<ServedOrigin> {
  const own = await temporaryFolder()
  const folder = options.folder ?? join(own, 'site')
  const hashFolder = options.hashFolder ?? join(own, 'hashes')
  await mkdir(folder, { recursive: true })
  const origin = await createOrigin({ log: silentLog, hashFile: hashFileHere, ...options, folder, hashFolder })
  const server = createServer(origin.handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin,
    port,
    folder,
    hashFolder,
    get: (path, headers = {}, method = 'GET', agent) => ask(port, path, headers, method, agent),
    async close() {
      await origin.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(own, { recursive: true, force: true })
    },
  }
}

function ask(port: number, path: string, headers: Record<string, string>, method: string, agent: Agent | undefined) {
  return new Promise<HttpAnswer>((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, headers, method, agent: agent ?? false }, (response) => {
      const parts: Buffer[] = []
      const done = () => {
        const body = Buffer.concat(parts)
        const { statusCode: status = 0, complete } = response
        const text = body.toString()
        resolve({ status, headers: response.headers, body, text, sha256: digest(body), brokenOff: !complete })
      }
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', done)
      response.on('error', done)
    })
    sent.on('error', reject)
    sent.end()
  })
}

/** Writes these bytes to the socket and gives all that comes back until the server closes. */
export function talk(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'))
    let heard = ''
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      heard += text
    })
    socket.on('end', () => resolve(heard))
    socket.on('error', reject)
  })
}
