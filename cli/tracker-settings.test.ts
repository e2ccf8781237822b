/** All settings of the tracker: each by flag, variable and file, with the same meaning, and refused by name. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { trackerLimits } from '../tracker/api.ts'
import { Refusal } from './refusal.ts'
import { type Setting, settingName, variableName } from './setting.ts'
import { readSettings } from './setting-sources.ts'
import { serveSettings, trackerCommandSettings } from './settings.ts'
import { limitNames, trackerOptionsOf, trackerSettings } from './tracker-settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'nearcast-tracker-settings-'))
afterAll(() => rmSync(folder, { recursive: true }))
const workFolder = resolve('/work-folder')

let configCount = 0
function config(content: object): string {
  const path = join(folder, `${configCount++}.json`)
  writeFileSync(path, JSON.stringify(content))
  return path
}

function read(args: string[] = [], env: Record<string, string> = {}) {
  return readSettings(trackerCommandSettings, { args, env, workFolder })! as Record<string, unknown>
}

/** A right value of each kind of setting, by what stands for it in --help, other than any default. */
const samples: Record<string, string> = {
  '<number>': '7',
  '<open|token>': 'token',
  '<text>': 'seven',
  '<origins>': 'https://seven.example',
  '<swarms>': '7777*',
  '<secret>': 'seven'.repeat(7),
  '<path|url>': 'https://seven.example/jwks.json',
  '<percent>': '7',
  '<time>': '7s',
  '<size>': '7KiB',
  '<address>': '127.0.0.7',
  '<addresses>': '10.7.0.0/16',
  '<ranges>': '10.7.0.0/16',
  '<any|public|own>': 'own',
  '<off|number>': 'off',
  '<edges>': 'EU=https://seven.example.org',
  '<url-path>': '/seven',
  '<stun-urls>': 'stun:seven.example.org',
  '<turn-urls>': 'turn:seven.example.org:3478',
  '<regions>': 'seven=10.7.0.0/16',
  '<path>': join(folder, 'seven'),
  '<paths>': join(folder, 'seven'),
  '<headers>': 'asn=x-seven',
  '<anywhere|region|network>': 'region',
  '<redis-url>': 'redis://seven.example:7',
  '<name>': 'seven',
  '<info|warn|error>': 'error',
}

/** No setting can be this, whatever its kind. */
const never = '\0'

const keys = Object.keys(trackerCommandSettings).filter((key) => key !== 'config')
const settingOf = (key: string) => (trackerCommandSettings as Record<string, Setting<unknown>>)[key]!

function refusal(args: string[], env: Record<string, string> = {}): Refusal {
  try {
    read(args, env)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe.each(keys)('the setting %s', (key) => {
  const { kind } = settingOf(key)
  const sample = kind.hint === '' ? 'true' : samples[kind.hint]!
  const flag = `--${settingName(key)}`

  it('[T200] means the same as a flag, as a variable and in the config file', () => {
    const byFlag = read(kind.hint === '' ? [flag] : [flag, sample])[key]
    expect(byFlag).not.toEqual(settingOf(key).default)
    expect(read([], { [variableName(key)]: sample })[key]).toEqual(byFlag)
    expect(read(['--config', config({ [settingName(key)]: sample })])[key]).toEqual(byFlag)
  })

  it('[D3] [T200] is refused by the name under which it was given when it is wrong', () => {
    expect(refusal([`${flag}=${never}`])).toMatchObject({ exitCode: 2, message: expect.stringContaining(`${flag} is`) })
    expect(refusal([], { [variableName(key)]: never }).message).toContain(`${variableName(key)} is`)
    const path = config({ [settingName(key)]: never })
    expect(refusal(['--config', path]).message).toContain(`"${settingName(key)}" in ${path} is`)
  })
})

it('[T200] serve takes every setting of its tracker as well', () => {
  for (const [key, setting] of Object.entries(trackerSettings)) expect(serveSettings).toHaveProperty(key, setting)
})

it('[T200] every limit of the tracker can be set, and is what it was when nobody says anything', () => {
  expect(limitNames.toSorted()).toEqual(Object.keys(trackerLimits).toSorted())
  expect(trackerOptionsOf(readSettings(trackerCommandSettings, { args: [], env: {}, workFolder })!)).toMatchObject(
    trackerLimits,
  )
})

it('[T200] what is set reaches the tracker: times as times, sizes as sizes', () => {
  const args = ['--ban', '2h', '--signal-bytes-per-introduction-max', '16KiB', '--joins-per-second', '0.5']
  const settings = readSettings(trackerCommandSettings, { args, env: {}, workFolder })!
  expect(trackerOptionsOf(settings)).toMatchObject({
    banMs: 7_200_000,
    signalBytesPerIntroductionMax: 16_384,
    joinsPerSecond: 0.5,
  })
})

it.each([
  ['cloudflare', { country: 'cf-ipcountry', continent: 'cf-ipcontinent', subdivision: 'cf-region-code' }],
  [
    'cloudflare,asn=X-Client-ASN',
    { country: 'cf-ipcountry', continent: 'cf-ipcontinent', subdivision: 'cf-region-code', asn: 'x-client-asn' },
  ],
  [
    'cloudfront,country=x-country',
    { country: 'x-country', subdivision: 'cloudfront-viewer-country-region', asn: 'cloudfront-viewer-asn' },
  ],
  ['country=X-Country, region=X-Pop', { country: 'x-country', region: 'x-pop' }],
])('[T102] --geo-headers %s is understood', (text, headers) => {
  const asObject = config({ 'geo-headers': headers })
  for (const args of [
    ['--geo-headers', text],
    ['--config', asObject],
  ]) {
    expect(trackerOptionsOf(readSettings(trackerCommandSettings, { args, env: {}, workFolder })!).geoHeaders).toEqual(
      headers,
    )
  }
})

it.each([
  ['--geo-headers', 'akamai'],
  ['--geo-headers', 'city=x-city'],
  ['--geo-headers', 'country='],
  ['--geo-headers', 'country=x country'],
  ['--scope', 'isp'],
  ['--joins-per-second', '0'],
  ['--joins-burst', '1.5'],
  ['--joins-burst', '0'],
  ['--ban', '0s'],
  ['--ban', '900000'],
  ['--complaint-share-percent', '101'],
  ['--signal-bytes-per-introduction-max', '0'],
  ['--signal-bytes-per-introduction-max', 'none'],
])('[D3] %s %s is refused', (flag, value) => {
  expect(refusal([flag, value]).message).toMatch(new RegExp(`^${flag} is \\[?"${value}"]?; it must be `))
})

it('[T191] the guide to restarts names only flags that there are', () => {
  const guide = readFileSync(new URL('../docs/guides/deploying.md', import.meta.url), 'utf8')
  const named = [...guide.matchAll(/--([a-z][a-z-]+)/g)].map(([, name]) => name)
  expect(named.length).toBeGreaterThan(5)
  expect(named.filter((name) => !Object.keys(trackerSettings).map(settingName).includes(name!))).toEqual([])
})
