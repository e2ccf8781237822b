/** The way to a server before anything is said: its name, a connection, TLS. Knows nothing of trackers. */
import { lookup } from 'node:dns/promises'
import { connect as connectTcp, isIP } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { systemErrorCode } from '../refusal.ts'
import { type Finding, found } from './finding.ts'

/** Time to have somebody renew it. */
const certificateDaysMin = 14

const dayMs = 86_400_000

export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')
const portOf = (url: URL): number => Number(url.port) || (isSecure(url) ? 443 : 80)
export const isSecure = (url: URL): boolean => url.protocol === 'wss:' || url.protocol === 'https:'

/** The addresses of the URL's host. */
export async function lookUp(url: URL): Promise<{ finding: Finding; addresses: string[] }> {
  const host = hostOf(url)
  if (isIP(host) !== 0) return { finding: found('name', 'skipped', `${host} is an address`), addresses: [host] }
  try {
    const addresses = (await lookup(host, { all: true })).map(({ address }) => address)
    return { finding: found('name', 'ok', `${host} is ${addresses.join(', ')}`), addresses }
  } catch (error) {
    const fix = ['Is it spelled right? If it is new, its DNS record may take a while to be known everywhere.']
    const says = `${host} has no address (${systemErrorCode(error) ?? error})`
    return { finding: found('name', 'fault', says, fix), addresses: [] }
  }
}

/** Whether each address takes connections: a wrong AAAA record costs some visitors their peers, and nobody sees why. */
export async function reach(url: URL, addresses: readonly string[], patienceMs: number): Promise<Finding> {
  const port = portOf(url)
  const outcomes = await Promise.all(addresses.map((address) => canConnect(address, port, patienceMs)))
  const failed = addresses.flatMap((address, i) => (outcomes[i] === undefined ? [] : [`${address} (${outcomes[i]})`]))
  if (failed.length === 0) return found('reach', 'ok', `port ${port} takes connections`)
  const fix = ['Is the server running, does it listen on that address, and does a firewall let the port through?']
  if (failed.length === addresses.length) {
    return found('reach', 'fault', `port ${port} takes no connections at ${failed.join(', ')}`, fix)
  }
  return found('reach', 'warning', `port ${port} takes no connections at ${failed.join(', ')}, at others it does`, [
    ...fix,
    'Visitors who get that address wait for it in vain; without IPv6 there, the name should have no AAAA record.',
  ])
}

function canConnect(host: string, port: number, patienceMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host, port, timeout: patienceMs })
    const end = (why: string | undefined) => {
      socket.destroy()
      resolve(why)
    }
    socket.once('connect', () => end(undefined))
    socket.once('timeout', () => end('no answer'))
    socket.once('error', (error) => end(systemErrorCode(error) ?? error.message))
  })
}

/** The TLS handshake, and whether a browser would take the certificate. */
export async function checkTls(url: URL, patienceMs: number): Promise<Finding> {
  const finding = await shakeHands(url, patienceMs)
  if (typeof finding !== 'string')
    return isSecure(url) ? finding : found('TLS', 'fault', 'that port speaks TLS', tlsRemedy)
  if (isSecure(url)) {
    const fix = ['Does that port speak TLS? If not, the URL begins with ws: or http:.']
    return found('TLS', 'fault', `the handshake fails (${finding})`, fix)
  }
  const says = 'without TLS: a page that came over https may not connect here'
  return isLocal(url) ? found('TLS', 'skipped', 'this machine needs none') : found('TLS', 'fault', says, plainRemedy)
}

/** @returns what is to be said of the certificate, or why there is no handshake */
async function shakeHands(url: URL, patienceMs: number): Promise<Finding | string> {
  const host = hostOf(url)
  const socket = connectTls({
    host,
    port: portOf(url),
    rejectUnauthorized: false,
    timeout: patienceMs,
    ...(isIP(host) === 0 && { servername: host }),
  })
  const failure = await new Promise<string | undefined>((resolve) => {
    socket.once('secureConnect', () => resolve(undefined))
    socket.once('timeout', () => resolve('no answer'))
    socket.once('error', (error) => resolve(systemErrorCode(error) ?? error.message))
  })
  const outcome = failure ?? certificateFinding(socket)
  socket.destroy()
  return outcome
}

const tlsRemedy = ['The URL begins with wss: or https: then.']

const plainRemedy = [
  'Browsers block ws: on https: pages. Put a proxy with a certificate before the tracker, and name it as wss:.',
]

export const isLocal = (url: URL): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)

function certificateFinding(socket: TLSSocket): Finding {
  const { valid_to: validTo } = socket.getPeerCertificate()
  const days = Math.floor((Date.parse(validTo) - Date.now()) / dayMs)
  if (!socket.authorized) {
    const why = String(socket.authorizationError)
    return found('TLS', 'fault', `browsers refuse the certificate (${why})`, remedyOf(why))
  }
  const protocol = socket.getProtocol() ?? 'TLS'
  if (days < certificateDaysMin) {
    return found('TLS', 'warning', `the certificate ends in ${days} days`, ['Is its renewal running?'])
  }
  return found('TLS', 'ok', `${protocol}, the certificate is good for ${days} more days`)
}

function remedyOf(why: string): string[] {
  if (why.includes('EXPIRED')) return ['It has run out: renew it, and let the proxy load it again.']
  if (why.includes('ALTNAME')) return ['It is for other names: get one for this name, or use one of its own.']
  if (why.includes('VERIFY_LEAF') || why.includes('ISSUER')) {
    return [
      'The server does not send the certificates between its own and the root: use the full chain (fullchain.pem).',
    ]
  }
  return [
    'It must be by an authority that browsers know: Let’s Encrypt costs nothing. For a test, name a CA of your own',
    'in NODE_EXTRA_CA_CERTS.',
  ]
}
