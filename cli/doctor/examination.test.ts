/** `nearcast doctor` before real trackers, with a proxy between that spoils what real proxies spoil. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { silentLog } from '../../shared/log.ts'
import { type BrokenProxy, type BrokenProxyOptions, startBrokenProxy } from '../../test/fakes/broken-proxy.ts'
import { startTls } from '../../test/fakes/tls-server.ts'
import { altered, secret, token } from '../../test/fakes/tokens.ts'
import { swarmA } from '../../test/fakes/tracker-crowd.ts'
import { Guest } from '../../test/fakes/tracker-server.ts'
import { createTracker, type Tracker, type TrackerOptions, trackerPath } from '../../tracker/main.ts'
import { createSite, type Site, sendText } from '../site.ts'
import { Examination, type ExaminationOptions, shownUrlOf, trackerUrlOf } from './examination.ts'
import { type Finding, printFinding } from './finding.ts'
import { askStun } from './stun.ts'

let site: Site | undefined
let proxy: BrokenProxy | undefined
let other: Server | undefined
afterEach(async () => {
  await proxy?.stop()
  await site?.close(0)
  other?.close()
  site = undefined
  proxy = undefined
  other = undefined
})

/** @returns the port */
async function startTracker(options: Partial<TrackerOptions> = {}, readiness = 200): Promise<number> {
  return serve(createTracker({ log: silentLog, ...options }), readiness)
}

async function serve(tracker: Tracker, readiness = 200): Promise<number> {
  site = createSite({
    tracker,
    answers: new Map([
      [
        '/.nearcast/ready',
        (_, response) => sendText(response, readiness, readiness === 200 ? 'ready\n' : 'draining\n'),
      ],
    ]),
    others: (_, response) => sendText(response, 404, 'nothing'),
    connectionsMax: 100,
    ended: async () => {},
  })
  site.server.listen(0, '127.0.0.1')
  await once(site.server, 'listening')
  return (site.server.address() as AddressInfo).port
}

/** Enough for a busy machine; only what never comes is waited for so long. */
const patienceMs = 1_500

async function examine(url: string, options: Partial<ExaminationOptions> = {}): Promise<Map<string, Finding>> {
  const told: Finding[] = []
  const examination = new Examination({
    url: trackerUrlOf(url),
    origin: 'https://site.example',
    token: undefined,
    swarm: undefined,
    patienceMs,
    quietMs: undefined,
    tell: (finding) => told.push(finding),
    ...options,
  })
  expect(await examination.run()).toEqual(told)
  return new Map(told.map((finding) => [finding.check, finding]))
}

async function examineThrough(broken: BrokenProxyOptions, tracker: Partial<TrackerOptions> = {}, options = {}) {
  proxy = await startBrokenProxy(await startTracker(tracker), broken)
  return examine(`http://localhost:${proxy.port}`, options)
}

const verdicts = (findings: Map<string, Finding>) =>
  Object.fromEntries([...findings].map(([check, { verdict }]) => [check, verdict]))

const fixOf = (findings: Map<string, Finding>, check: string) => findings.get(check)?.fix?.join('\n')

describe('a tracker that is well', () => {
  it('[T210] is found so by every check', async () => {
    const findings = await examine(`http://127.0.0.1:${await startTracker()}`)
    expect(verdicts(findings)).toEqual({
      name: 'skipped',
      reach: 'ok',
      TLS: 'skipped',
      health: 'ok',
      upgrade: 'ok',
      welcome: 'ok',
      ping: 'ok',
      address: 'ok',
      origin: 'ok',
      peers: 'ok',
      STUN: 'skipped',
      idle: 'skipped',
    })
    expect(findings.get('address')?.says).toBe('the tracker sees a loopback address, directly')
  })

  it('[T210] is found so behind a proxy that does all right', async () => {
    const findings = await examineThrough({ forwarded: 'appended' }, { trustedProxies: ['loopback'] })
    expect([...findings.values()].filter(({ verdict }) => verdict === 'fault' || verdict === 'warning')).toEqual([])
    expect(findings.get('address')?.says).toBe('the tracker sees a public address, through a proxy that it believes')
  })

  it('[T211] keeps a quiet connection by its pings', async () => {
    const port = await startTracker({ heartbeatMs: 300 })
    const findings = await examine(`http://127.0.0.1:${port}`, { quietMs: 1_000 })
    expect(findings.get('idle')).toMatchObject({ verdict: 'ok', says: expect.stringContaining('pings of the tracker') })
  })
})

describe('a tracker that asks for more', () => {
  const admission = { admission: 'token', tokenSecret: secret } as const

  it('[T210] a token that is good opens it, and one that is not is named without being repeated', async () => {
    const port = await startTracker(admission)
    const good = token({ origin: 'https://site.example' })
    const findings = await examine(`http://127.0.0.1:${port}`, { token: good, swarm: swarmA })
    expect([findings.get('token')?.verdict, findings.get('peers')?.verdict]).toEqual(['ok', 'ok'])
    const wrong = altered(good, 2)
    const told = await examine(`http://127.0.0.1:${port}`, { token: wrong, swarm: swarmA })
    expect(told.get('token')).toMatchObject({ verdict: 'fault', says: expect.stringContaining('bad-token') })
    expect(JSON.stringify([...told])).not.toContain(wrong)
  })

  it('[T292] shows a token to nobody who may be somebody else, or where others read along', async () => {
    const port = await startTracker(admission)
    const shown = { token: token({ origin: 'https://site.example' }), swarm: swarmA }
    const tls = await startTls(port)
    // The second address is no loopback address by its looks, so that it stands for another machine's.
    for (const url of [`https://localhost:${tls.port}`, `http://[::ffff:127.0.0.1]:${port}`]) {
      const findings = await examine(url, shown)
      expect(findings.get('token')).toMatchObject({ verdict: 'skipped', says: expect.stringContaining('not shown') })
      expect(findings.get('peers')).toMatchObject({ verdict: 'skipped', says: expect.stringContaining('unauthorized') })
    }
    tls.close()
  })

  it('[T210] without a token the rest is skipped, with a word on how to see it', async () => {
    const findings = await examine(`http://127.0.0.1:${await startTracker(admission)}`)
    expect(findings.get('peers')).toMatchObject({
      verdict: 'skipped',
      fix: [expect.stringContaining('NEARCAST_TOKEN')],
    })
  })

  it('[T210] a site that it does not list is told so, and strangers are noticed', async () => {
    const port = await startTracker({ origins: ['https://site.example'] })
    const findings = await examine(`http://127.0.0.1:${port}`)
    expect(findings.get('origin')?.says).toContain('those of strangers may not')
    const refused = await examine(`http://127.0.0.1:${port}`, { origin: 'https://other.example' })
    expect(refused.get('welcome')).toMatchObject({ verdict: 'fault', says: expect.stringContaining('wrong-origin') })
  })
})

it.each(['open', 'token'] as const)(
  '[T210] STUN is asked at the port that the tracker names: %s',
  async (admission) => {
    const tracker = createTracker({ log: silentLog, ...(admission === 'token' && { admission, tokenSecret: secret }) })
    const stunPort = await tracker.openStun(0, '127.0.0.1')
    const port = await serve(tracker)
    const shown = admission === 'token' ? token({ origin: 'https://site.example' }) : undefined
    const findings = await examine(`http://127.0.0.1:${port}`, { token: shown, swarm: swarmA })
    expect(findings.get('STUN')?.verdict).toBe('ok')
    await tracker.close()
    expect(await askStun({ host: '127.0.0.1', port: stunPort }, 700)).toMatch(/no answer|ECONNREFUSED/)
  },
)

describe('a proxy that spoils something is found out, with the lines that mend it', () => {
  it.each([
    ['drops-upgrade', 'upgrade', 'proxy_set_header Upgrade $http_upgrade'],
    ['drops-subprotocol', 'upgrade', 'Sec-WebSocket-Protocol does not come through'],
    ['hides-subprotocol', 'upgrade', 'Sec-WebSocket-Protocol does not come through'],
    ['swallows', 'upgrade', 'proxy_buffering off'],
    ['buffers', 'welcome', 'proxy_buffering off'],
    ['minds-length', 'peers', 'minds the length of WebSocket messages'],
  ] as const)('[T210] %s', async (fault, check, fix) => {
    const findings = await examineThrough({ fault })
    expect(findings.get(check)).toMatchObject({ verdict: 'fault' })
    expect(fixOf(findings, check)).toContain(fix)
  })

  it('[T211] one that ends quiet connections before the tracker speaks', async () => {
    const findings = await examineThrough(
      { fault: 'ends-quiet', idleMs: 300 },
      { heartbeatMs: 30_000 },
      { quietMs: 5_000 },
    )
    expect(findings.get('idle')).toMatchObject({ verdict: 'fault', says: expect.stringContaining('is ended') })
    expect(fixOf(findings, 'idle')).toMatch(
      /longer than the tracker’s heartbeat of 30 s[\s\S]*proxy_read_timeout[\s\S]*timeout tunnel/,
    )
  })

  it('[T212] one that the tracker does not believe', async () => {
    const findings = await examineThrough({ forwarded: 'appended' })
    expect(findings.get('address')?.verdict).toBe('fault')
    expect(fixOf(findings, 'address')).toContain('--trust-proxy loopback')
  })

  it('[T212] one that hides where visitors come from', async () => {
    proxy = await startBrokenProxy(await startTracker({ trustedProxies: ['loopback'] }), {})
    // The same machine under a name that does not say so.
    const findings = await examine(`http://[::ffff:127.0.0.1]:${proxy.port}`)
    expect(findings.get('address')).toMatchObject({ verdict: 'warning' })
    expect(fixOf(findings, 'address')).toContain('option forwardfor')
  })

  it('[T212] one that lets visitors say where they come from', async () => {
    const proxied = { forwarded: 'as-it-came' } as const
    const local = await examineThrough(proxied, { trustedProxies: ['loopback'] })
    // Who is believed as a proxy cannot see what others may do.
    expect(local.get('address')).toMatchObject({ verdict: 'skipped', says: expect.stringContaining('believed itself') })
    const findings = await examine(`http://[::ffff:127.0.0.1]:${proxy!.port}`)
    expect(findings.get('address')).toMatchObject({ verdict: 'fault', says: 'a client can choose its own address' })
  })

  it.each([
    ['HTTP/1.1 301 Moved Permanently\r\nLocation: https://www.site.example/\r\n', 'https://www.site.example/'],
    ['HTTP/1.1 502 Bad Gateway\r\n', 'does not reach the tracker'],
    ['HTTP/1.1 403 Forbidden\r\n', 'firewall'],
    ['HTTP/1.1 404 Not Found\r\n', 'no tracker at this path'],
    ['HTTP/1.1 200 OK\r\n', 'another server'],
  ])('[T210] one that answers %j', async (head, fix) => {
    const findings = await examineThrough({ answer: `${head}Content-Length: 0\r\nConnection: close\r\n\r\n` })
    expect(findings.get('upgrade')).toMatchObject({ verdict: 'fault' })
    expect(fixOf(findings, 'upgrade')).toContain(fix)
    expect(findings.has('peers')).toBe(false)
  })
})

describe('a tracker that is not to be had', () => {
  it('[T210] because its name is not known', async () => {
    const findings = await examine('wss://nearcast.invalid')
    expect(verdicts(findings)).toEqual({ name: 'fault' })
  })

  it('[T210] because nobody listens', async () => {
    other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    other.close()
    await once(other, 'close')
    const findings = await examine(`ws://127.0.0.1:${port}`)
    expect(verdicts(findings)).toEqual({ name: 'skipped', reach: 'fault' })
  })

  it('[T210] because that port speaks no TLS', async () => {
    const findings = await examine(`wss://127.0.0.1:${await startTracker()}`)
    expect(findings.get('TLS')).toMatchObject({ verdict: 'fault' })
    expect(findings.get('upgrade')).toMatchObject({ verdict: 'fault' })
  })

  it('[T210] because that port speaks TLS, or its certificate is its own', async () => {
    const tls = await startTls(await startTracker())
    const plain = await examine(`ws://127.0.0.1:${tls.port}`)
    expect(plain.get('TLS')).toMatchObject({ verdict: 'fault', fix: [expect.stringContaining('wss:')] })
    const secure = await examine(`https://localhost:${tls.port}`)
    expect(secure.get('TLS')).toMatchObject({ verdict: 'fault', says: expect.stringContaining('SELF_SIGNED') })
    expect(secure.get('peers')).toMatchObject({ verdict: 'ok' })
    tls.close()
  })

  it('[T210] because another tracker’s swarms are asked for', async () => {
    const port = await startTracker({ serves: () => false })
    const findings = await examine(`http://127.0.0.1:${port}`)
    expect(findings.get('peers')).toMatchObject({ verdict: 'skipped', fix: [expect.stringContaining('--swarm')] })
  })

  it('[T210] because it is full, or about to end', async () => {
    const port = await startTracker({ connectionsPerAddressMax: 1 }, 503)
    const findings = await examine(`http://127.0.0.1:${port}`)
    expect(findings.get('health')).toMatchObject({ verdict: 'warning', says: expect.stringContaining('draining') })
    // The first of two clients took the only place.
    expect(findings.get('welcome')).toMatchObject({
      verdict: 'fault',
      says: expect.stringContaining('too-many-connections'),
    })
  })
})

it('[T213] tells how it is seen only to who asks, and never an address', async () => {
  const port = await startTracker({ trustedProxies: ['loopback'] })
  const socket = new Guest(`ws://127.0.0.1:${port}${trackerPath}`)
  expect(await socket.hears('welcome')).not.toHaveProperty('seen')
  const asking = new Guest(`ws://127.0.0.1:${port}${trackerPath}?doctor`, {
    headers: { 'X-Forwarded-For': '198.51.100.7' },
  })
  expect((await asking.hears('welcome')).seen).toEqual({
    address: 'public',
    forwarded: true,
    trusted: true,
    heartbeatMs: 30_000,
  })
  for (const guest of [socket, asking]) guest.socket.close()
})

it('[T210] a site’s address stands for its tracker’s', () => {
  expect(trackerUrlOf('https://site.example').href).toBe('wss://site.example/.nearcast/tracker')
  expect(trackerUrlOf('http://site.example:8080/').href).toBe('ws://site.example:8080/.nearcast/tracker')
  expect(trackerUrlOf('wss://tracker.example').href).toBe('wss://tracker.example/')
  expect(trackerUrlOf('https://site.example/peers/tracker#x').href).toBe('wss://site.example/peers/tracker')
})

it('[T292] prints no password and no query of an address', () => {
  const url = trackerUrlOf('https://me:secret@site.example:8443/peers?token=secret')
  expect(shownUrlOf(url)).toBe('wss://site.example:8443/peers')
})

it('[D9] what a server says moves no cursor', () => {
  const finding: Finding = { check: 'upgrade', verdict: 'fault', says: 'a\u001b[2Jb', fix: ['c\rd'] }
  expect(printFinding(finding, false)).toBe('  FAULT  upgrade    a\ufffd[2Jb\n                    c\ufffdd')
})
