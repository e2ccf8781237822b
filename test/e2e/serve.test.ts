import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { parseManifest } from '../../shared/manifest.ts'
import { trackerSubprotocol } from '../../shared/tracker-messages.ts'
import { launchChromium } from '../browser/chromium.ts'
import {
  ask,
  createTempFolder,
  type GeneratedFile,
  openTab,
  type RunningServer,
  runProgram,
  startServer,
} from './harness.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
const folder = createTempFolder()
let file: GeneratedFile

beforeAll(() => {
  file = folder.generate('game/patch.zip', 3_000_000)
  folder.write('.secret', 'not to be served')
  folder.write('plain.txt', 'plain')
})
afterAll(() => folder.remove())

describe('a folder is served', () => {
  let server: RunningServer
  beforeAll(async () => {
    server = await startServer([folder.path])
  })
  afterAll(() => server.stop())

  it('[D1] the first line after listening says where, what, and the cap', () => {
    expect(server.lines[0]).toMatchObject({
      level: 'info',
      msg: 'listening',
      addresses: expect.arrayContaining([`http://localhost:${server.port}`]),
      folder: folder.path,
    })
    expect(server.lines[0]).not.toHaveProperty('egressBytesPerSecondMax')
  })

  it('[O1] [O13] a file has its bytes, and a manifest whose size and root are those of the bytes', async () => {
    const { status, body } = await ask(server, '/game/patch.zip')
    expect(status).toBe(200)
    expect(sha256(body).toString('hex')).toBe(file.sha256)

    const manifest = await ask(server, '/game/patch.zip.nearcast.json')
    expect(manifest.status).toBe(200)
    expect(parseManifest(manifest.body.toString(), sha256)).toMatchObject({
      ok: true,
      value: { name: 'patch.zip', geometry: { fileBytes: file.size } },
    })
  })

  it('[O4] a part of a file is 206 with those bytes', async () => {
    const { status, headers, body } = await ask(server, '/game/patch.zip', { headers: { range: 'bytes=10-19' } })
    expect(status).toBe(206)
    expect(headers['content-range']).toBe(`bytes 10-19/${file.size}`)
    expect(body.length).toBe(10)
  })

  it('says that it is well and ready', async () => {
    const health = await ask(server, '/.nearcast/health')
    expect(health.status).toBe(200)
    expect(health.body.toString().trim()).toBe('ok')
    expect((await ask(server, '/.nearcast/ready')).status).toBe(200)
  })

  it.each(['nearcast.js', 'nearcast.mjs'])(
    '[D2] gives %s to any site, and not twice to those who have it',
    async (name) => {
      const first = await ask(server, `/.nearcast/${name}`)
      expect(first.status).toBe(200)
      expect(first.headers).toMatchObject({
        'content-type': 'text/javascript; charset=utf-8',
        'cache-control': 'no-cache',
        'access-control-allow-origin': '*',
        'cross-origin-resource-policy': 'cross-origin',
      })
      expect(first.body.length).toBeGreaterThan(1000)
      const again = await ask(server, `/.nearcast/${name}`, {
        headers: { 'if-none-match': String(first.headers.etag) },
      })
      expect(again.status).toBe(304)
      expect(again.body.length).toBe(0)
      const changed = await ask(server, `/.nearcast/${name}`, { headers: { 'if-none-match': '"older"' } })
      expect(changed.status).toBe(200)
      expect((await ask(server, `/.nearcast/${name}.map`)).status).toBe(200)
    },
  )

  it.each(['br', 'gzip'])('[B2] gives the script by %s to who takes it, and not twice', async (encoding) => {
    const bytes = (await ask(server, '/.nearcast/nearcast.js')).body
    const headers = { 'accept-encoding': `deflate, ${encoding}` }
    const answer = await ask(server, '/.nearcast/nearcast.js', { headers })
    expect(answer.headers).toMatchObject({ 'content-encoding': encoding, vary: 'Accept-Encoding' })
    const decoded = encoding === 'br' ? brotliDecompressSync(answer.body) : gunzipSync(answer.body)
    expect(decoded.equals(bytes)).toBe(true)
    const again = { ...headers, 'if-none-match': String(answer.headers.etag) }
    expect((await ask(server, '/.nearcast/nearcast.js', { headers: again })).status).toBe(304)
    const refused = await ask(server, '/.nearcast/nearcast.js', { headers: { 'accept-encoding': `${encoding};q=0` } })
    expect(refused.headers['content-encoding']).toBeUndefined()
  })

  it.each([
    '/absent.zip',
    '/.secret',
    '/.nearcast/absent',
    '/.nearcast/',
    '/.nearcast/../plain.txt',
    '/.nearcast/demo.json',
    '/../../../../etc/passwd',
    '/absent.zip.nearcast.json',
  ])('[D2] %s is 404', async (path) => {
    expect((await ask(server, path)).status).toBe(404)
  })

  it('[D2] nothing can be changed at its own addresses', async () => {
    const { status, headers } = await ask(server, '/.nearcast/health', { method: 'POST' })
    expect(status).toBe(405)
    expect(headers.allow).toBe('GET, HEAD')
  })

  it('[D2] the tracker takes WebSockets, at its address only', async () => {
    const socket = new WebSocket(`ws://localhost:${server.port}/.nearcast/tracker`, trackerSubprotocol)
    await once(socket, 'open')
    socket.close()
    await once(socket, 'close')
    expect((await ask(server, '/.nearcast/tracker')).status).toBe(426)
    const stray = new WebSocket(`ws://localhost:${server.port}/elsewhere`, trackerSubprotocol)
    const [error] = await once(stray, 'error')
    expect(String(error)).toContain('404')
  })

  it('a request that is no HTTP is refused and its connection closed', async () => {
    const socket = connect(server.port, 'localhost')
    socket.write('nonsense\r\n\r\n')
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toContain('HTTP/1.1 400')
    await once(socket, 'close')
  })
})

describe('the demonstration', () => {
  let server: RunningServer
  beforeAll(async () => {
    server = await startServer(['--demo', folder.path])
  })
  afterAll(() => server.stop())

  const software = `/node-${process.version}-${process.platform}-${process.arch}`

  it('[D8] has a page at / that keeps foreign scripts out', async () => {
    const { status, headers } = await ask(server, '/')
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    expect(headers['content-security-policy']).toContain("default-src 'self'")
  })

  it('[D8] the page opens in a browser with the file to download, and nothing of it is kept out', async () => {
    const browser = await launchChromium()
    try {
      const tab = await openTab(browser, server.url)
      await tab.page.getByRole('heading', { name: software.slice(1) }).waitFor()
      expect(await tab.page.evaluate(() => 'Nearcast' in window)).toBe(true)
      expect(tab.errors).toEqual([])
    } finally {
      await browser.close()
    }
  })

  it('[D8] the page without JavaScript links to the software download', async () => {
    const browser = await launchChromium()
    try {
      const page = await browser.newPage({ javaScriptEnabled: false })
      await page.goto(server.url)
      const asked = page.waitForEvent('download')
      await page.getByRole('link', { name: 'get the file from the server' }).click()
      const download = await asked
      expect(new URL(download.url()).pathname).toBe(software)
      await download.cancel()
    } finally {
      await browser.close()
    }
  })

  it('[D7] [D8] demo.json names the software download, the files of the folder, the cap and the version', async () => {
    const { status, body } = await ask(server, '/.nearcast/demo.json')
    expect(status).toBe(200)
    const demo = JSON.parse(body.toString())
    expect(demo).toMatchObject({ egressBytesPerSecondMax: 4_194_304, version: expect.stringMatching(/^\d+\.\d+\.\d+/) })
    expect(demo.files).toContainEqual(
      expect.objectContaining({ path: '/game/patch.zip', name: 'patch.zip', size: file.size, type: 'application/zip' }),
    )
    expect(demo.files).toContainEqual(
      expect.objectContaining({ path: software, size: expect.any(Number), featured: true }),
    )
    expect(demo.files.filter((listed: object) => 'featured' in listed)).toHaveLength(1)
    expect(JSON.stringify(demo)).not.toContain('.secret')
  })

  it('[D8] the software download is the running Node executable', async () => {
    const { status, headers } = await ask(server, software, { method: 'HEAD' })
    expect(status).toBe(200)
    expect(Number(headers['content-length'])).toBeGreaterThan(10_000_000)
  })

  it('[D8] files of the folder are still at their own paths', async () => {
    expect((await ask(server, '/plain.txt')).body.toString()).toBe('plain')
  })
})

describe('the cap on what is sent', () => {
  let server: RunningServer | undefined
  afterEach(() => server?.stop())

  it.each([
    ['the demonstration without a cap', ['--demo', '--egress-rate', 'none'], null],
    ['the demonstration with another cap', ['--demo', '--egress-rate', '1MiB/s'], 1_048_576],
  ])('[D7] %s', async (_, args, cap) => {
    server = await startServer(args)
    const { body } = await ask(server, '/.nearcast/demo.json')
    const demo = JSON.parse(body.toString())
    expect(demo.egressBytesPerSecondMax).toBe(cap)
    expect(demo.files).toHaveLength(1)
  })
})

describe('what cannot start says why in one line', () => {
  const oneLine = /^nearcast[^\n]*\n$/

  it.each([
    [['--port', 'http'], 2, '--port is "http"; it must be a whole number'],
    [['--prot', '1'], 2, 'unknown option --prot (did you mean --port?)'],
    [['--egress-rate', 'fast'], 2, '--egress-rate is "fast"'],
    [[join(folder.path, 'absent')], 1, join(folder.path, 'absent')],
    [[join(folder.path, 'plain.txt')], 1, 'plain.txt'],
    [['--host', 'no.such.host.invalid'], 1, '--host is "no.such.host.invalid"'],
    [['--host', '192.0.2.1'], 1, '--host is "192.0.2.1"'],
  ])('[D4] serve %j ends with %d', async (args, code, text) => {
    const result = await runProgram(['serve', '--port', '0', ...args], { workFolder: folder.path })
    expect(result).toMatchObject({ code, stdout: '' })
    expect(result.stderr).toMatch(oneLine)
    expect(result.stderr).toContain(text)
  })

  it('[D4] a port that is in use', async () => {
    const other = createServer().listen(0)
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const result = await runProgram(['serve', folder.path, '--port', String(port)])
    other.close()
    expect(result.code).toBe(1)
    expect(result.stderr).toMatch(oneLine)
    expect(result.stderr).toContain(`port ${port} is in use`)
  })

  it('[D3] a wrong variable or config file, by its own name', async () => {
    const variable = await runProgram(['serve'], { env: { NEARCAST_PORT: 'x' } })
    expect(variable).toMatchObject({ code: 2, stdout: '' })
    expect(variable.stderr).toContain('NEARCAST_PORT is "x"')
    const path = folder.write('.config.json', '{"port": -1}')
    const config = await runProgram(['serve', '--config', path])
    expect(config).toMatchObject({ code: 2, stdout: '' })
    expect(config.stderr).toContain(`"port" in ${path} is -1`)
  })

  it('[D4] an unknown command, or none', async () => {
    const unknown = await runProgram(['srve'])
    expect(unknown).toMatchObject({ code: 2, stdout: '' })
    expect(unknown.stderr).toMatch(oneLine)
    expect(unknown.stderr).toContain('did you mean serve')
    expect((await runProgram([])).code).toBe(2)
  })
})

it('--help and --version answer and end well', async () => {
  expect(await runProgram(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
  expect((await runProgram(['--help'])).stdout).toContain('nearcast <command>')
  const { code, stdout } = await runProgram(['serve', '--help'])
  expect(code).toBe(0)
  expect(stdout).toContain('--egress-rate')
})

describe('a clean stop', () => {
  /** A response that has begun and, by the cap, takes longer than a stop waits. */
  async function slowDownload(server: RunningServer): Promise<IncomingMessage> {
    const [response] = await once(get(`${server.url}/game/patch.zip`), 'response')
    response.on('error', () => {})
    response.resume()
    return response
  }

  it.each(['SIGTERM', 'SIGINT'] as const)('[D6] %s ends it with 0, visitors of the tracker included', async (name) => {
    const server = await startServer([folder.path])
    const socket = new WebSocket(`ws://localhost:${server.port}/.nearcast/tracker`, trackerSubprotocol)
    await once(socket, 'open')
    const closed = once(socket, 'close')
    server.signal(name)
    expect(await server.ended()).toBe(0)
    await closed
    expect(server.stderr).toBe('')
  })

  it('[D6] a short answer that is on its way still arrives whole', async () => {
    const server = await startServer([folder.path, '--egress-rate', '2MiB/s'])
    const [response] = await once(get(`${server.url}/game/patch.zip`), 'response')
    server.signal('SIGTERM')
    let bytes = 0
    for await (const part of response) bytes += part.length
    expect(bytes).toBe(file.size)
    expect(await server.ended()).toBe(0)
  })

  it('[D6] an answer that would take too long is cut, and nobody new is let in meanwhile', async () => {
    const server = await startServer([folder.path, '--egress-rate', '10KiB/s'])
    const response = await slowDownload(server)
    server.signal('SIGTERM')
    await server.waitForLine((line) => line.msg === 'stopping')
    await expect(ask(server, '/plain.txt')).rejects.toThrow()
    await new Promise((resolve) => response.once('close', resolve))
    expect(response.complete).toBe(false)
    expect(await server.ended()).toBe(0)
  })

  it('[D6] a second signal ends it at once', async () => {
    const server = await startServer([folder.path, '--egress-rate', '10KiB/s'])
    await slowDownload(server)
    server.signal('SIGTERM')
    await server.waitForLine((line) => line.msg === 'stopping')
    server.signal('SIGTERM')
    expect(await server.ended()).toBe(143)
  })
})
