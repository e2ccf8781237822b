/** A small proxy for HTTP and WebSockets on loopback, which spoils what real ones spoil. Keeps no connection for a second request. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type Fault =
  /** Hop-by-hop headers are dropped, as nginx does unless it is told otherwise. */
  | 'drops-upgrade'
  | 'drops-subprotocol'
  | 'hides-subprotocol'
  /** What comes after the answer to an upgrade waits for the connection's end. */
  | 'buffers'
  /** Frames longer than this many bytes end the connection. */
  | 'minds-length'
  /** A connection over which nothing goes for `idleMs` is ended. */
  | 'ends-quiet'
  /** Nothing is answered at all. */
  | 'swallows'

export interface BrokenProxyOptions {
  fault?: Fault
  idleMs?: number
  /** What becomes of X-Forwarded-For: left as it came, or with the client's address at its end. None is made by default. */
  forwarded?: 'as-it-came' | 'appended'
  /** Answers everything with this head in place of the upstream. */
  answer?: string
}

export interface BrokenProxy {
  port: number
  stop(): Promise<void>
}

const headEnd = '\r\n\r\n'
const chunkBytesMax = 2_000

/** The head of a request or an answer, and what came after it. */
async function readHead(socket: Socket): Promise<{ lines: string[]; rest: Buffer }> {
  let bytes = Buffer.alloc(0)
  for (;;) {
    const [part] = (await once(socket, 'data')) as [Buffer]
    bytes = Buffer.concat([bytes, part])
    const at = bytes.indexOf(headEnd)
    if (at < 0) continue
    socket.pause()
    const lines = bytes.subarray(0, at).toString('latin1').split('\r\n')
    return { lines, rest: bytes.subarray(at + headEnd.length) }
  }
}

const without = (lines: string[], ...names: string[]): string[] =>
  lines.filter((line) => !names.some((name) => line.toLowerCase().startsWith(`${name}:`)))

function requestLines(lines: string[], client: Socket, { fault, forwarded }: BrokenProxyOptions): string[] {
  let out = lines
  if (fault === 'drops-upgrade') out = [...without(out, 'upgrade', 'connection'), 'Connection: close']
  if (fault === 'drops-subprotocol') out = without(out, 'sec-websocket-protocol')
  if (forwarded === 'as-it-came') return out
  const before = out.find((line) => line.toLowerCase().startsWith('x-forwarded-for:'))?.split(': ')[1]
  out = without(out, 'x-forwarded-for')
  // An address of the world stands for the client's own, which on loopback says nothing.
  const own = client.remoteAddress?.includes('127.0.0.1') ? '203.0.113.9' : '203.0.113.10'
  if (forwarded === 'appended') out = [...out, `X-Forwarded-For: ${before === undefined ? own : `${before}, ${own}`}`]
  return out
}

async function serve(client: Socket, upstreamPort: number, options: BrokenProxyOptions): Promise<void> {
  const { fault, idleMs, answer } = options
  const request = await readHead(client)
  if (fault === 'swallows') return
  if (answer !== undefined) {
    client.end(answer)
    return
  }
  const upstream = connect(upstreamPort, '127.0.0.1')
  const end = () => {
    client.destroy()
    upstream.destroy()
  }
  for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
  upstream.write(`${requestLines(request.lines, client, options).join('\r\n')}${headEnd}`)
  upstream.write(request.rest)
  const response = await readHead(upstream)
  const isUpgrade = response.lines[0]!.includes(' 101 ')
  const lines = fault === 'hides-subprotocol' ? without(response.lines, 'sec-websocket-protocol') : response.lines
  client.write(`${lines.join('\r\n')}${headEnd}`)
  if (fault === 'buffers' && isUpgrade) return
  client.write(response.rest)
  if (fault === 'ends-quiet' && isUpgrade) for (const socket of [client, upstream]) socket.setTimeout(idleMs!, end)
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    from.on('data', (part) => {
      if (fault === 'minds-length' && part.length > chunkBytesMax) end()
      else to.write(part)
    })
    from.resume()
  }
}

export async function startBrokenProxy(upstreamPort: number, options: BrokenProxyOptions): Promise<BrokenProxy> {
  const clients = new Set<Socket>()
  const server = createServer((client) => {
    clients.add(client)
    client.on('error', () => {}).on('close', () => clients.delete(client))
    serve(client, upstreamPort, options).catch(() => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const client of clients) client.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
