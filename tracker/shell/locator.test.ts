import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { type Log, silentLog } from '../../shared/log.ts'
import { addressDatabase } from '../../test/fakes/address-database.ts'
import { geoHeaderPresets } from '../core/geo-headers.ts'
import { parseAddress } from './addresses.ts'
import { Locator, type LocatorOptions } from './locator.ts'
import { zonesFrom } from './zones-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'nearcast-locator-'))
let locator: Locator | undefined
afterEach(() => {
  locator?.close()
  locator = undefined
})
afterAll(() => rmSync(folder, { recursive: true }))

const pathOf = (name: string) => join(folder, name)

/** Puts the content in place of what is there in one step, as tools do that must never leave half a file. */
function replace(name: string, content: string | Buffer): string {
  writeFileSync(pathOf(`${name}.new`), content)
  renameSync(pathOf(`${name}.new`), pathOf(name))
  return pathOf(name)
}

const open = (options: LocatorOptions, log: Log = silentLog): Locator => {
  locator?.close()
  locator = new Locator(options, log)
  return locator
}

function listening() {
  const lines: { message: string; [field: string]: unknown }[] = []
  const say = (fields: object, message: string) => void lines.push({ ...fields, message })
  return { log: { info: say, warn: say, error: say }, lines }
}

const request = (headers: Record<string, string> = {}, remoteAddress = '127.0.0.1') =>
  ({ socket: { remoteAddress }, connection: { remoteAddress }, headers }) as unknown as IncomingMessage

const at = (where: Locator, address: string, headers?: Record<string, string>, from?: string) =>
  where.locate(request(headers, from), parseAddress(address)!)

describe('what was asked of each source', () => {
  it('[T203] is counted for those that are set, by whether it knew anything', () => {
    const where = open({
      trustedProxies: ['loopback'],
      geoHeaders: geoHeaderPresets.cloudflare,
      regions: [{ name: 'office', cidrs: ['10.1.0.0/16'] }],
    })
    at(where, '203.0.113.5', { 'cf-ipcountry': 'NO' })
    at(where, '10.1.2.3', { 'cf-ipcountry': 'XX' })
    at(where, '203.0.113.6')
    expect(where.lookups()).toEqual({ headers: { known: 1, unknown: 2 }, regions: { known: 1, unknown: 2 } })
  })
})

describe('where a client is, by headers', () => {
  const trustedProxies = ['loopback']

  it.each([
    [
      'cloudflare',
      { 'cf-ipcountry': 'NO', 'cf-ipcontinent': 'EU', 'cf-region-code': '03' },
      { country: 'NO', continent: 'EU', subdivision: '03' },
    ],
    [
      'cloudfront',
      { 'cloudfront-viewer-country': 'US', 'cloudfront-viewer-country-region': 'CA', 'cloudfront-viewer-asn': '64500' },
      { country: 'US', subdivision: 'CA', asn: 64500 },
    ],
    [
      'fastly',
      { 'x-geo-country': 'DE', 'x-geo-continent': 'EU', 'x-geo-region': 'BE', 'x-geo-asn': '64501' },
      { country: 'DE', continent: 'EU', subdivision: 'BE', asn: 64501 },
    ],
  ] as const)('[T102] is what %s says', (preset, headers, location) => {
    expect(at(open({ trustedProxies, geoHeaders: geoHeaderPresets[preset] }), '203.0.113.5', headers)).toEqual(location)
  })

  it('[T102] is what headers of any name say', () => {
    const geoHeaders = { country: 'X-Land', asn: 'X-Net', region: 'X-Pop', zone: 'X-Site' }
    const headers = { 'x-land': 'no', 'x-net': 'AS64500', 'x-pop': 'oslo', 'x-site': 'plant' }
    expect(at(open({ trustedProxies, geoHeaders }), '203.0.113.5', headers)).toEqual({
      country: 'NO',
      asn: 64500,
      region: 'oslo',
      zone: 'plant',
    })
  })

  it('[T102] is not what a client says whose connection no trusted proxy made', () => {
    const where = open({ trustedProxies: ['10.0.0.0/8'], geoHeaders: geoHeaderPresets.cloudflare })
    expect(at(where, '203.0.113.5', { 'cf-ipcountry': 'NO' }, '203.0.113.5')).toEqual({})
    expect(at(where, '203.0.113.5', { 'cf-ipcountry': 'NO' }, '::ffff:10.1.2.3')).toEqual({ country: 'NO' })
    expect(at(open({ trustedProxies }), '203.0.113.5', { 'cf-ipcountry': 'NO' })).toEqual({})
  })

  it('[T102] is nothing where a header is missing, unknown, doubled or nonsense', () => {
    const where = open({ trustedProxies, geoHeaders: geoHeaderPresets.cloudflare })
    for (const country of ['XX', 'T1', '', '?', 'NO, SE', 'x'.repeat(8_000)]) {
      expect(at(where, '203.0.113.5', { 'cf-ipcountry': country })).toEqual({})
    }
  })

  it('[T102] is refused as a setting without a proxy that is trusted, or for what is no header', () => {
    expect(() => open({ geoHeaders: geoHeaderPresets.fastly })).toThrow('geoHeaders: no proxy is trusted')
    expect(() => open({ trustedProxies, geoHeaders: { country: 'x country' } })).toThrow('"country" is "x country"')
    expect(() => open({ trustedProxies, geoHeaders: { city: 'x' } as object })).toThrow('"city" is not one of country,')
  })
})

describe('where a client is, by databases', () => {
  const cities = addressDatabase({
    '203.0.113.0/24': { country: { iso_code: 'NO' }, continent: { code: 'EU' }, subdivisions: [{ iso_code: '03' }] },
    '198.51.100.0/25': { registered_country: { iso_code: 'SE' } },
    '2001:db8::/32': { country: { iso_code: 'JP' }, continent: { code: 'AS' } },
  })

  it('[T103] is what they say, each in what those before it leave open, for both kinds of address', () => {
    const numbers = addressDatabase({
      '203.0.113.0/25': { autonomous_system_number: 64500, autonomous_system_organization: 'a provider' },
      '2001:db8::/48': { autonomous_system_number: 64501, country: { iso_code: 'DE' } },
    })
    const where = open({ geoDatabases: [replace('a.mmdb', cities), replace('b.mmdb', numbers)] })
    expect(at(where, '203.0.113.5')).toEqual({ country: 'NO', continent: 'EU', subdivision: '03', asn: 64500 })
    expect(at(where, '203.0.113.200')).toEqual({ country: 'NO', continent: 'EU', subdivision: '03' })
    expect(at(where, '198.51.100.7')).toEqual({ country: 'SE' })
    expect(at(where, '198.51.100.200')).toEqual({})
    expect(at(where, '2001:db8::7')).toEqual({ country: 'JP', continent: 'AS', asn: 64501 })
  })

  it('[T103] reads records as others write them, and databases of IPv4 alone', () => {
    const flat = { '203.0.113.0/24': { asn: 'AS64500', country: 'NO', continent: 'EU' } }
    const where = open({ geoDatabases: [replace('flat.mmdb', addressDatabase(flat, { ipVersion: 4 }))] })
    expect(at(where, '203.0.113.5')).toEqual({ asn: 64500, country: 'NO', continent: 'EU' })
    expect(at(where, '2001:db8::7')).toEqual({})
    const coded = { '203.0.113.0/24': { country_code: 'NO', continent_code: 'EU' } }
    expect(at(open({ geoDatabases: [replace('coded.mmdb', addressDatabase(coded))] }), '203.0.113.5')).toEqual({
      country: 'NO',
      continent: 'EU',
    })
  })

  it.each([
    ['replaced by another file', replace],
    ['written anew in place', (name: string, content: Buffer) => writeFileSync(pathOf(name), content)],
  ])('[T103] is read again when it is %s', async (_, write) => {
    const { log, lines } = listening()
    const where = open({ geoDatabases: [replace('c.mmdb', cities)] }, log)
    await where.check()
    expect(lines).toEqual([])
    write('c.mmdb', addressDatabase({ '203.0.113.0/24': { country: { iso_code: 'FI' } } }))
    await where.check()
    expect(at(where, '203.0.113.5')).toEqual({ country: 'FI' })
    expect(lines).toMatchObject([{ message: 'read a changed file' }])
  })

  it.each([
    ['cut off', cities.subarray(0, cities.length - 40)],
    ['cut off in its tree', cities.subarray(cities.length - 200)],
    ['empty', Buffer.alloc(0)],
    ['a text', Buffer.from('<html>please log in</html>')],
    ['gone', undefined],
  ])('[T103] keeps what it had when the file is %s, and says so once', async (_, content) => {
    const { log, lines } = listening()
    const where = open({ geoDatabases: [replace('d.mmdb', cities)] }, log)
    if (content === undefined) rmSync(pathOf('d.mmdb'))
    else replace('d.mmdb', content)
    for (let i = 0; i < 3; i++) await where.check()
    expect(at(where, '203.0.113.5')).toMatchObject({ country: 'NO' })
    expect(lines).toMatchObject([{ setting: 'geoDatabases', path: pathOf('d.mmdb') }])
    replace('d.mmdb', addressDatabase({ '203.0.113.0/24': { country: { iso_code: 'FI' } } }))
    await where.check()
    expect(at(where, '203.0.113.5')).toEqual({ country: 'FI' })
  })

  it('[T103] survives a database that is broken inside, and says so once', () => {
    const broken = Buffer.from(cities)
    const data = broken.indexOf('iso_code')
    broken.fill(0xff, data - 12, data + 4)
    const { log, lines } = listening()
    const where = open({ geoDatabases: [replace('e.mmdb', broken)] }, log)
    for (const address of ['203.0.113.5', '203.0.113.6', '203.0.113.7']) expect(at(where, address)).toEqual({})
    expect(lines).toMatchObject([{ message: 'a database is broken inside' }])
  })

  it('[T103] is refused at the start by its path when it cannot be used', () => {
    const missing = pathOf('missing.mmdb')
    expect(() => open({ geoDatabases: [missing] })).toThrow(`geoDatabases: ${missing}: there is no such file`)
    expect(() => open({ geoDatabases: [folder] })).toThrow('that is a folder')
    for (const content of ['', 'text', cities.subarray(0, 100), cities.subarray(cities.length - 200)]) {
      const path = replace('f.mmdb', content)
      expect(() => open({ geoDatabases: [path] })).toThrow(`${path}: not a database in the MMDB format, or cut off`)
    }
  })
})

describe('where a client is, by a file of zones', () => {
  const text =
    '# ours\r\n203.0.113.0/24 plant\n\n198.51.100.0/24,head office # leased\n2001:db8::/32\tplant\n10.1.2.3;desk\n'

  it('[T104] is the zone of the longest range that holds its address', () => {
    const where = open({ zonesFile: replace('zones.txt', `${text}203.0.113.128/25 hall\n`) })
    expect(at(where, '203.0.113.5')).toEqual({ zone: 'plant' })
    expect(at(where, '203.0.113.200')).toEqual({ zone: 'hall' })
    expect(at(where, '198.51.100.7')).toEqual({ zone: 'head office' })
    expect(at(where, '2001:db8::7')).toEqual({ zone: 'plant' })
    expect(at(where, '10.1.2.3')).toEqual({ zone: 'desk' })
    expect(at(where, '192.0.2.1')).toEqual({})
  })

  it('[T104] reads the example of the guide', () => {
    const guide = readFileSync(new URL('../../docs/guides/nearness.md', import.meta.url), 'utf8')
    const [, example] = /^```zones\n([\s\S]*?)^```/m.exec(guide)!
    const where = open({ zonesFile: replace('guide.txt', example!) })
    expect(at(where, '10.1.200.1')).toEqual({ zone: 'canteen' })
    expect(at(where, '10.1.201.1')).toEqual(at(where, '2001:db8:1::5'))
  })

  it('[T104] is refused at the start by the numbers of its wrong lines', () => {
    expect(() => zonesFrom('203.0.113.0/24 a\n10.0.0/8 b\n')).toThrow('line 2: "10.0.0/8" is not a range such as')
    expect(() => zonesFrom('\n\n203.0.113.0/24\n')).toThrow('line 3: a zone')
    expect(() => zonesFrom('203.0.113.0/24 a\n203.0.113.0/24 b')).toThrow(
      'line 2: "203.0.113.0/24" is already in zone a',
    )
    expect(() => zonesFrom(Array.from({ length: 9 }, () => 'x y').join('\n'))).toThrow(
      'line 3: "x" is not a range such as 203.0.113.0/24 or 2001:db8::/32, and 6 lines more',
    )
    const path = replace('bad.txt', '300.0.0.0/8 a')
    expect(() => open({ zonesFile: path })).toThrow(`tracker setting zonesFile: ${path}: line 1: "300.0.0.0/8"`)
  })

  it('[T104] is read again when it changes, and stays as it was when a line is wrong', async () => {
    const { log, lines } = listening()
    const where = open({ zonesFile: replace('live.txt', text) }, log)
    replace('live.txt', '203.0.113.0/24 moved\n')
    await where.check()
    expect(at(where, '203.0.113.5')).toEqual({ zone: 'moved' })
    replace('live.txt', '203.0.113.0/24 again\nnonsense\n')
    await where.check()
    await where.check()
    expect(at(where, '203.0.113.5')).toEqual({ zone: 'moved' })
    expect(lines.map(({ reason }) => reason)).toEqual([undefined, expect.stringContaining('line 2: "nonsense"')])
  })
})

describe('where a client is, by several sources', () => {
  it('[T101] is what the proxy says, then the database, then the map', () => {
    const database = addressDatabase({
      '203.0.113.0/24': { country: { iso_code: 'SE' }, autonomous_system_number: 64500 },
    })
    const where = open({
      trustedProxies: ['loopback'],
      geoHeaders: { country: 'x-country', region: 'x-region' },
      geoDatabases: [replace('g.mmdb', database)],
      regions: [{ name: 'north', cidrs: ['203.0.0.0/16'] }],
      zonesFile: replace('all.txt', '203.0.113.0/24 plant'),
    })
    expect(at(where, '203.0.113.5', { 'x-country': 'NO' })).toEqual({
      country: 'NO',
      asn: 64500,
      region: 'north',
      zone: 'plant',
    })
    expect(at(where, '203.0.113.5', { 'x-region': 'oslo' })).toEqual({
      country: 'SE',
      asn: 64500,
      region: 'oslo',
      zone: 'plant',
    })
    expect(at(where, '203.0.113.5')).toEqual({ country: 'SE', asn: 64500, region: 'north', zone: 'plant' })
  })
})
