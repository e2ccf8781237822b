/** Files on a static host, published and signed by the real program, in a real browser. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MiB } from '../../shared/limits.ts'
import { launchChromium } from '../browser/chromium.ts'
import { type StaticHost, startStaticHost } from '../fakes/static-host.ts'
import { repository } from '../house/modules.ts'
import { createTempFolder, type RunningServer, startServer, type TempFolder } from './harness.ts'
import { startProgram } from './running-program.ts'
import { sitePage, Visitor } from './visitor.ts'

let browser: Browser
let page: TempFolder
let work: TempFolder
let site: RunningServer
let host: StaticHost
const visitors: Visitor[] = []

beforeAll(async () => {
  browser = await launchChromium()
  page = createTempFolder()
  page.write('index.html', sitePage)
  site = await startServer([page.path])
})
afterAll(async () => {
  await browser?.close()
  await site?.stop()
  page?.remove()
})
beforeEach(async () => {
  work = createTempFolder()
  host = await startStaticHost(join(work.path, 'site'))
})
afterEach(async () => {
  for (const visitor of visitors.splice(0)) await visitor.leave()
  await host.close()
  work.remove()
})

/** Runs a command to its end. @returns what it printed */
async function nearcast(...args: string[]): Promise<string[]> {
  const run = startProgram(args, { workFolder: work.path, env: { XDG_CACHE_HOME: join(work.path, 'cache') } })
  expect([await run.ended, run.stderr.replace(/^.*: the private key.*\n/, '')]).toEqual([0, ''])
  return run.lines.map((line) => String(line.text ?? JSON.stringify(line)))
}

const generate = (seed: number) => work.generate('site/files/game.bin', 4 * MiB, seed)
const url = () => `${host.url}/files/game.bin`

async function visit(): Promise<Visitor> {
  const visitor = await Visitor.arrive(browser, `${site.url}/`)
  visitors.push(visitor)
  return visitor
}

describe('files on a static host', () => {
  it('[H40] [C60] published and signed, come from another visitor, and cost the host no preflight', async () => {
    const file = generate(1)
    const [key] = await nearcast('keygen', 'site.key')
    await nearcast('publish', './site', '--key', 'site.key')
    const first = await visit()
    expect(await first.download(url(), { key: key! })).toMatchObject({
      sha256: file.sha256,
      progress: { verified: true, bytes: { origin: file.size } },
    })
    host.bytesPerSecondMax = 1 * MiB
    const second = await visit()
    const { sha256, progress } = await second.download(url(), { key: key! })
    expect(sha256).toBe(file.sha256)
    expect(progress.bytes.peers).toBeGreaterThan(0)
    expect(host.asked.filter((line) => !line.startsWith('GET '))).toEqual([])
    expect(first.errors).toEqual([])
  })

  it('[C62] [C60] the browser remembers: no older version, nor another file in its place, after a reload', async () => {
    generate(1)
    const [key] = await nearcast('keygen', 'site.key')
    await nearcast('publish', './site', '--key', 'site.key')
    cpSync(join(work.path, 'site'), join(work.path, 'backup'), { recursive: true })
    const newer = generate(2)
    await nearcast('publish', './site', '--key', 'site.key')
    const visitor = await visit()
    expect(await visitor.download(url(), { key: key! })).toMatchObject({ progress: { verified: true } })
    rmSync(join(work.path, 'site/files'), { recursive: true })
    cpSync(join(work.path, 'backup/files'), join(work.path, 'site/files'), { recursive: true })
    await visitor.page.reload()
    const { progress, sha256 } = await visitor.download(url(), { key: key! })
    expect(sha256).not.toBe(newer.sha256)
    expect(progress).toMatchObject({ verified: false, plainReason: expect.stringContaining('older than one') })
    writeFileSync(join(work.path, 'site/files/other.bin'), readFileSync(join(work.path, 'site/files/game.bin')))
    const manifest = readFileSync(join(work.path, 'site/files/game.bin.nearcast.json'), 'utf8')
    writeFileSync(join(work.path, 'site/files/other.bin.nearcast.json'), manifest)
    await visitor.start(`${host.url}/files/other.bin`)
    expect((await visitor.finish()).progress.plainReason).toContain('signed for /files/game.bin')
    const refused = await visitor.page.evaluate(
      async ([address, pinned]) => {
        const strict = window.Nearcast.createClient({ key: pinned!, unsigned: 'error' })
        return strict.fetch(address!).catch((error) => error.code)
      },
      [`${host.url}/files/other.bin`, key],
    )
    expect(refused).toBe('untrusted')
  })

  it('[C65] a page that cannot load what checks signatures believes none, and loads nothing of it without a key', async () => {
    generate(1)
    const [key] = await nearcast('keygen', 'site.key')
    await nearcast('publish', './site', '--key', 'site.key')
    const visitor = await visit()
    const asked: string[] = []
    visitor.page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await visitor.page.route('**/trust.js*', (route) => route.abort())
    const { progress } = await visitor.download(url(), { key: key! })
    expect(progress.plainReason).toMatch(/^no manifest: .*trust\.js.* could not be loaded/)
    const before = asked.length
    expect(await visitor.download(url())).toMatchObject({ progress: { verified: true } })
    expect(asked.slice(before)).not.toContain('/.nearcast/trust.js')
  })

  it('[C66] a host that lets pages read the file and not its manifest is named, with what it must send', async () => {
    generate(1)
    await nearcast('publish', './site')
    host.corsFor = (path): Record<string, string> =>
      path.endsWith('.json') ? {} : { 'access-control-allow-origin': '*' }
    const { progress } = await (await visit()).download(url())
    expect(progress).toMatchObject({ verified: false, doneBytes: 4 * MiB })
    const header = `Access-Control-Allow-Origin: ${new URL(site.url).origin} or *`
    expect(progress.plainReason).toBe(`no manifest: ${host.url} has none, or must send ${header}`)
  })
})

describe.each(['signing.md', 'static-hosts.md'])('docs/guides/%s', (name) => {
  it('its commands do what it says, one after another', async () => {
    work.generate('site/downloads/film.mp4', 1_200_000, 1)
    const guide = readFileSync(join(repository, 'docs/guides', name), 'utf8')
    const lines = [...guide.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block]) => block!.split('\n'))
    const commands = lines
      .filter((line) => /^nearcast (keygen|publish|verify)/.test(line) && !line.includes('https://example.org/game'))
      .map((line) =>
        line
          .replace(/\s#.*$/, '')
          .replaceAll('"', '')
          .trim()
          .split(/\s+/)
          .slice(1),
      )
    expect(commands.length).toBeGreaterThan(2)
    let key = ''
    let base: string[] = []
    for (const words of commands) {
      const at = words.indexOf('--base-url')
      if (words[0] === 'publish') base = at < 0 ? [] : words.slice(at, at + 2)
      // The guide's key is nobody's; whoever follows it has an own.
      const own = words.map((word) => (word.startsWith('ed25519:') ? key : word))
      const printed = await nearcast(...own, ...(words[0] === 'verify' ? base : []))
      if (words[0] === 'keygen' && key === '') key = printed[0]!
    }
    const last = name === 'signing.md' ? ['--key', key] : []
    expect(await nearcast('verify', './site', ...last)).toEqual(['1 file of 1.14 MiB checked, 0 wrong'])
  })
})
