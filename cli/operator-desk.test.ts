/** What an operator reaches over HTTP: the real site and admin port on loopback, with a real tracker behind them. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { silentLog } from '../shared/log.ts'
import { Guest, readToEnd } from '../test/fakes/tracker-server.ts'
import { createTracker, type Tracker, trackerMetrics, trackerPath } from '../tracker/main.ts'
import { operationsAnswers } from './operations.ts'
import { OperatorDesk } from './operator-desk.ts'
import { Refusal } from './refusal.ts'
import type { OperatorSettings } from './settings.ts'
import { createSite, type Site, sendText } from './site.ts'
import { addTracker } from './tracker-desk.ts'

const folder = mkdtempSync(join(tmpdir(), 'nearcast-desk-'))
afterAll(() => rmSync(folder, { recursive: true }))

const secret = 'a-secret-of-many-letters'
const bearer = { Authorization: `Bearer ${secret}` }
const log = { ...silentLog, notice() {}, setLevel() {} }
const noSettings: OperatorSettings = {
  adminPort: undefined,
  adminHost: '127.0.0.1',
  adminToken: undefined,
  adminTokenFile: undefined,
}

interface Started {
  desk: OperatorDesk
  site: Site
  tracker: Tracker
  url: string
  port: number
  admin: string | undefined
}

let started: Started | undefined
afterEach(async () => {
  await started?.desk.close()
  await started?.site.close(0)
  started = undefined
})

interface StartOptions extends Partial<OperatorSettings> {
  unreadiness?: () => string | undefined
}

async function start({ unreadiness = () => undefined, ...settings }: StartOptions = {}): Promise<Started> {
  const desk = new OperatorDesk({
    settings: { ...noSettings, ...settings },
    version: '1.2.3',
    log,
    unreadiness,
    end() {},
  })
  const tracker = createTracker({ log })
  addTracker(desk, tracker)
  const site = createSite({
    tracker,
    answers: operationsAnswers(desk.operations),
    others: (_, response) => sendText(response, 404, 'nothing'),
    connectionsMax: 100,
    ended: async () => {},
  })
  site.server.listen(0, '127.0.0.1')
  await once(site.server, 'listening')
  const { port } = site.server.address() as AddressInfo
  started = { desk, site, tracker, url: `http://127.0.0.1:${port}`, port, admin: await desk.open() }
  return started
}

interface Answered {
  status: number
  text: string
}

/** By hand, so that any header can be given; fetch keeps Host and others to itself. */
async function ask(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answered> {
  const sent = request(url, { headers, method, agent: false })
  sent.end()
  const [response] = await once(sent, 'response')
  let text = ''
  for await (const part of response.setEncoding('utf8')) text += part
  return { status: response.statusCode, text }
}

const metricsPath = '/.nearcast/metrics'

describe('metrics', () => {
  it('[T203] are the tracker’s numbers, those of Node, and the version', async () => {
    const { url, port } = await start()
    const guest = new Guest(`ws://127.0.0.1:${port}${trackerPath}`)
    await guest.hears('welcome')
    await guest.join()
    const { text } = await ask(url + metricsPath)
    guest.socket.close()
    expect(text).toMatch(/^build_info\{version="1\.2\.3",node="v\d+/m)
    expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m)
    expect(text).toContain('# TYPE tracker_connections gauge\ntracker_connections{transport="nearcast"} 1\n')
    expect(text).toContain('\ntracker_announces_total{event="entered"} 1\n')
    expect(text).toContain('\ntracker_announce_duration_seconds_bucket{le="+Inf"} 1\n')
    expect(text).toContain('\ntracker_announce_duration_seconds_count 1\n')
  })

  it('[T203] name no swarm and no address, and have only labels that they declare', async () => {
    const { url, port } = await start()
    const guest = new Guest(`ws://127.0.0.1:${port}${trackerPath}`)
    await guest.hears('welcome')
    const { swarm } = await guest.join()
    guest.socket.close(4999)
    await expect
      .poll(async () => (await ask(url + metricsPath)).text)
      .toContain('tracker_disconnects_total{code="other"} 1')
    const { text } = await ask(url + metricsPath)
    expect(text).not.toContain(swarm)
    expect(text).not.toContain('127.0.0.1')
    const used = [...text.matchAll(/^(tracker_\w+?)(?:_bucket)?\{(\w+)=/gm)].map(([, name, label]) => [name, label])
    expect(used.length).toBeGreaterThan(0)
    for (const [name, label] of used) {
      const metric = trackerMetrics.find((one) => one.name === name)!
      if (label !== 'le') expect(metric.labels).toContain(label)
    }
  })

  it('[T204] are for this machine alone while there is no token', async () => {
    const { url, port } = await start()
    const status = async (headers: Record<string, string>) => (await ask(url + metricsPath, headers)).status
    expect(await status({})).toBe(200)
    expect(await status({ Host: `localhost:${port}` })).toBe(200)
    expect(await status({ Host: 'tracker.example.org' })).toBe(403)
    for (const name of ['X-Forwarded-For', 'Forwarded', 'Via', 'X-Real-IP', 'CF-Connecting-IP']) {
      expect(await status({ [name]: '127.0.0.1' })).toBe(403)
    }
    const old = connect(port, '127.0.0.1')
    old.write(`GET ${metricsPath} HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`)
    expect((await readToEnd(old)).toString()).toMatch(/^HTTP\/1\.1 403 /)
  })

  it('[T204] are for whoever has the token when there is one, and for nobody else', async () => {
    const { url } = await start({ adminToken: secret })
    expect((await ask(url + metricsPath)).status).toBe(401)
    expect((await ask(url + metricsPath, { Authorization: `Bearer ${secret}x` })).status).toBe(401)
    expect((await ask(url + metricsPath, { Authorization: secret })).status).toBe(401)
    expect((await ask(url + metricsPath, { ...bearer, 'X-Forwarded-For': '192.0.2.1' })).status).toBe(200)
  })
})

describe('the admin port', () => {
  const port0 = { adminPort: 0, adminToken: secret }

  it('[T205] does not open without a secret', () => {
    const open = () =>
      new OperatorDesk({
        settings: { ...noSettings, adminPort: 0 },
        version: '1',
        log,
        unreadiness: () => undefined,
        end() {},
      })
    expect(open).toThrow(Refusal)
    expect(open).toThrow('--admin-port needs a secret')
  })

  it('[T205] is on this machine’s own address, and answers whoever has the token', async () => {
    const { admin } = await start(port0)
    expect(admin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    for (const path of ['/', '/stats', '/metrics', '/nonsense']) {
      expect((await ask(admin + path)).status).toBe(401)
    }
    expect((await ask(`${admin}/reload`, {}, 'POST')).status).toBe(401)
    expect((await ask(`${admin}/nonsense`, bearer)).status).toBe(404)
    expect((await ask(`${admin}/reload`, bearer)).status).toBe(405)
    expect(JSON.parse((await ask(`${admin}/`, bearer)).text)).toEqual(
      expect.arrayContaining(['GET /stats', 'GET /metrics']),
    )
    expect((await ask(`${admin}/metrics`, bearer)).text).toContain('tracker_connections{transport="nearcast"} 0')
    expect(JSON.parse((await ask(`${admin}/stats`, bearer)).text)).toMatchObject({
      version: '1.2.3',
      tracker: { connections: 0, refused: {} },
    })
  })

  it('[T256] shows who is kept out, keeps out an address, and lets it in again', async () => {
    const { admin, port } = await start(port0)
    const json = async (path: string, method = 'GET') => JSON.parse((await ask(admin + path, bearer, method)).text)
    expect(await json('/bans')).toEqual([])
    const guest = new Guest(`ws://127.0.0.1:${port}${trackerPath}`)
    await guest.hears('welcome')
    expect(await json('/connections')).toMatchObject({ count: 1, addresses: 1, places: { unknown: 1 } })
    expect(await json('/swarms')).toEqual({ count: 0, largest: [] })
    const ban = { range: '127.0.0.0/24', cause: 'operator', forSeconds: 7_200 }
    expect(await json('/bans/127.0.0.1%2F24?for=2h', 'POST')).toEqual(ban)
    expect(await guest.hears('refused')).toMatchObject({ code: 'banned' })
    const again = new Guest(`ws://127.0.0.1:${port}${trackerPath}`)
    expect(await again.hears('refused')).toMatchObject({ code: 'banned', message: expect.stringContaining('operator') })
    expect(await json('/bans')).toEqual([ban])
    expect(await json('/bans/127.0.0.0/24', 'DELETE')).toEqual({ lifted: '127.0.0.0/24' })
    expect(await json('/bans')).toEqual([])
    expect((await ask(`${admin}/bans/127.0.0.0/24`, bearer, 'DELETE')).status).toBe(404)
    await new Guest(`ws://127.0.0.1:${port}${trackerPath}`).hears('welcome')
  })

  it.each(['/bans/nonsense', '/bans/10.0.0.0/8', '/bans/10.0.0.1?for=soon', '/bans/10.0.0.1?for=60d', '/bans/%ff'])(
    '[T256] refuses what is no ban: POST %s',
    async (path) => expect((await ask((await start(port0)).admin + path, bearer, 'POST')).status).toBe(400),
  )

  it('[T205] tells health and readiness to anyone', async () => {
    const { admin } = await start({ ...port0, unreadiness: () => 'draining' })
    expect(await ask(`${admin}/health`)).toMatchObject({ status: 200, text: 'ok\n' })
    expect(await ask(`${admin}/ready`)).toMatchObject({ status: 503, text: 'draining\n' })
  })

  it('[T206] reads its token again when it is told to, and keeps the former when it cannot', async () => {
    const path = join(folder, 'token')
    writeFileSync(path, `${secret}\n`)
    const { admin, desk } = await start({ adminPort: 0, adminTokenFile: path })
    expect((await ask(`${admin}/stats`, bearer)).status).toBe(200)
    writeFileSync(path, 'short')
    const failed = await ask(`${admin}/reload`, bearer, 'POST')
    expect(failed.status).toBe(500)
    expect(failed.text).toContain('must be a text of 16')
    expect(failed.text).not.toContain('short')
    expect((await ask(`${admin}/stats`, bearer)).status).toBe(200)
    writeFileSync(path, 'another-secret-of-many-letters')
    expect(await desk.reload()).toEqual({ reloaded: ['the admin token'], failed: [] })
    expect((await ask(`${admin}/stats`, bearer)).status).toBe(401)
    expect((await ask(`${admin}/stats`, { Authorization: 'Bearer another-secret-of-many-letters' })).status).toBe(200)
  })

  it('[D3] two tokens, and a file that is not there, are refused', () => {
    const desk = (settings: Partial<OperatorSettings>) => () =>
      new OperatorDesk({
        settings: { ...noSettings, ...settings },
        version: '1',
        log,
        unreadiness: () => undefined,
        end() {},
      })
    expect(desk({ adminToken: secret, adminTokenFile: 'x' })).toThrow('one of them is enough')
    expect(desk({ adminTokenFile: join(folder, 'absent') })).toThrow('absent cannot be read (ENOENT)')
  })
})

it('[T202] readiness says why it is not there; health does not care', async () => {
  let why: string | undefined
  const { url } = await start({ unreadiness: () => why })
  expect(await ask(`${url}/.nearcast/ready`)).toMatchObject({ status: 200, text: 'ready\n' })
  why = 'draining'
  expect(await ask(`${url}/.nearcast/ready`)).toMatchObject({ status: 503, text: 'draining\n' })
  expect(await ask(`${url}/.nearcast/health`)).toMatchObject({ status: 200, text: 'ok\n' })
})
