/** Whether a request was made on this machine by a tool of its own, and not for somebody else by a proxy that runs here. */
import type { IncomingMessage } from 'node:http'
import { BlockList } from 'node:net'

/** What proxies add, each in its own way; a tool on this machine has no reason to. */
const proxyHeaders = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'cloudfront-viewer-address',
] as const

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

const isLoopback = (address: string): boolean => loopback.check(address, address.includes(':') ? 'ipv6' : 'ipv4')

/** A page that made a name of its own point here (DNS rebinding) says that name; so does a proxy that passes it on. */
const localHost = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i

export function isDirect(request: IncomingMessage): boolean {
  const { remoteAddress } = request.socket
  if (remoteAddress === undefined || !isLoopback(remoteAddress)) return false
  // nginx speaks HTTP/1.0 to what it stands before unless it is told otherwise; nobody's tools do any more.
  if (request.httpVersion !== '1.1') return false
  return localHost.test(request.headers.host ?? '') && proxyHeaders.every((name) => request.headers[name] === undefined)
}
