/** A static host as there are many: plain files of a folder, one range at a time, and what it lets other sites' pages read. */
import { readFileSync, statSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

export interface StaticHost {
  url: string
  /** Each request as `METHOD path range`. */
  readonly asked: string[]
  /** Whether it answers at all. */
  isUp: boolean
  /** CORS fields for a path; the host lets every page read everything by default. */
  corsFor: (path: string) => Record<string, string>
  /** Bytes per answer after which it sends no more, as a host that dies does. */
  stallsAfterBytes: number
  /** What one answer gets; without a bound at first. */
  bytesPerSecondMax: number
  close(): Promise<void>
}

const everything = { 'access-control-allow-origin': '*' }

/** Sends a piece every 20 ms, as a thin line does. */
function send(response: ServerResponse, bytes: Buffer, bytesPerSecond: number, isEnded: boolean): void {
  if (response.destroyed) return
  const piece = bytes.subarray(0, Math.min(bytes.length, bytesPerSecond / 50))
  const rest = bytes.subarray(piece.length)
  if (rest.length === 0 && isEnded) return void response.end(piece)
  response.write(piece)
  if (rest.length > 0) setTimeout(() => send(response, rest, bytesPerSecond, isEnded), 20)
}

export async function startStaticHost(folder: string): Promise<StaticHost> {
  const server = createServer((request, response) => {
    const { method, url = '/', headers } = request
    const path = decodeURIComponent(url.split('?')[0]!)
    host.asked.push(`${method} ${path} ${headers.range ?? ''}`.trim())
    if (!host.isUp) return void request.socket.destroy()
    for (const [name, value] of Object.entries(host.corsFor(path))) response.setHeader(name, value)
    const file = join(folder, path)
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return void response.writeHead(404).end()
    const bytes = readFileSync(file)
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? []
    const from = Number(first ?? 0)
    const to = last === undefined ? bytes.length : Math.min(Number(last) + 1, bytes.length)
    const range = first === undefined ? {} : { 'content-range': `bytes ${from}-${to - 1}/${bytes.length}` }
    response.writeHead(first === undefined ? 200 : 206, { 'content-length': to - from, ...range })
    const part = bytes.subarray(from, to)
    const isWhole = part.length <= host.stallsAfterBytes
    send(response, isWhole ? part : part.subarray(0, host.stallsAfterBytes), host.bytesPerSecondMax, isWhole)
  })
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const host: StaticHost = {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    asked: [],
    isUp: true,
    corsFor: () => everything,
    stallsAfterBytes: Number.POSITIVE_INFINITY,
    bytesPerSecondMax: Number.POSITIVE_INFINITY,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return host
}
