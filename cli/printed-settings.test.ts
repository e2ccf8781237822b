import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { printSettings } from './printed-settings.ts'
import { serveSettings, trackerCommandSettings } from './settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'nearcast-print-'))
afterAll(() => rmSync(folder, { recursive: true }))

const config = join(folder, 'nearcast.json')
writeFileSync(
  config,
  JSON.stringify({
    port: 9000,
    ban: '1h',
    'trust-proxy': ['10.0.0.1', '10.0.0.2'],
    regions: [],
    'turn-secret': 'x'.repeat(20),
  }),
)

const print = (args: string[], env: Record<string, string> = {}) =>
  new Map(
    printSettings(trackerCommandSettings, { args: ['--config', config, ...args], env, workFolder: folder })
      .split('\n')
      .map((line): [string, string[]] => {
        const [name, ...rest] = line.split(/ {2,}/)
        return [name!, rest]
      }),
  )

describe('what a program would run with', () => {
  it('[T255] is told with who said it, the one that wins', () => {
    const lines = print(['--port', '1234', '--webtorrent'], { NEARCAST_PORT: '5', NEARCAST_HEARTBEAT: '20s' })
    expect(lines.get('port')).toEqual(['1234', '--port'])
    expect(lines.get('heartbeat')).toEqual(['20s', 'NEARCAST_HEARTBEAT'])
    expect(lines.get('ban')).toEqual(['1h', `"ban" in ${config}`])
    expect(lines.get('trust-proxy')).toEqual(['10.0.0.1, 10.0.0.2', `"trust-proxy" in ${config}`])
    expect(lines.get('webtorrent')).toEqual(['yes', '--webtorrent'])
    expect(lines.get('drain-window')).toEqual(['4s', 'default'])
    expect(lines.get('edges')).toEqual(['none', 'default'])
  })

  it('[T255] has every setting and no secret', () => {
    const lines = print([], { NEARCAST_TRACKER_KEY: 'a-key-of-more-than-32-characters-and-some' })
    expect(lines.size).toBe(Object.keys(trackerCommandSettings).length - 1)
    expect(lines.get('turn-secret')).toEqual(['(set, and not shown)', `"turn-secret" in ${config}`])
    expect(lines.get('tracker-key')).toEqual(['(set, and not shown)', 'NEARCAST_TRACKER_KEY'])
    const all = [...lines.values()].join()
    expect(all).not.toContain('x'.repeat(20))
    expect(all).not.toContain('a-key-of')
    expect(print([], { NEARCAST_BUS: 'redis://:hunter2@localhost' }).get('bus')).toContain('(set, and not shown)')
  })

  it('[T255] is refused when the program would be', () => {
    expect(() => print(['--ban', 'soon'])).toThrow('--ban is "soon"')
    expect(() => print([], { NEARCAST_BAN: 'soon' })).toThrow('NEARCAST_BAN')
    const none = { args: [], env: {}, workFolder: folder }
    expect(printSettings(serveSettings, none)).toMatch(/^folder +the current one; with --demo, none +default$/m)
  })
})
