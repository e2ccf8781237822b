import { describe, expect, it } from 'vitest'
import { silentLog } from '../../shared/log.ts'
import { trackerLimitsWith } from '../core/limits.ts'
import { createTracker } from '../main.ts'
import type { TrackerOptions } from './tracker-options.ts'

const made = (options: object) => () => createTracker({ log: silentLog, ...options } as TrackerOptions)

describe('a tracker that is made by a program', () => {
  it.each([
    [{ heartbeat: '30s' }, 'heartbeat: there is none of this name (did you mean heartbeatMs?)'],
    [{ conectionsMax: 5 }, 'conectionsMax: there is none of this name (did you mean connectionsMax?)'],
    [{ trustProxy: ['loopback'] }, 'trustProxy: there is none of this name'],
    [{ constructor: 1 }, 'constructor: there is none of this name'],
    [JSON.parse('{ "__proto__": 1 }'), '__proto__: there is none of this name'],
  ])('[T281] takes no setting that there is not: %j', (options, message) => {
    expect(made(options)).toThrow(`tracker setting ${message}`)
  })

  it.each([
    [{ log: undefined }, 'log: undefined is not an object with info, warn, error'],
    [{ log: console.log }, 'log: a function is not an object with info, warn, error'],
    [{ now: 5 }, 'now: 5 is not a function'],
    [{ rng: Math.random }, 'rng: a function is not an object with uint32, fraction, below'],
    [{ serves: ['a'] }, 'serves: ["a"] is not a function'],
    [{ paths: '/tracker' }, 'paths: "/tracker" is not a list of texts'],
    [{ origins: [5n] }, 'origins: this list is not a list of texts'],
    [{ trustedProxies: 'loopback' }, 'trustedProxies: "loopback" is not a list of texts'],
    [{ regions: [null] }, 'regions: this list is not a list of objects'],
    [{ edges: 'https://eu.example.org/' }, 'edges: "https://eu.example.org/" is not a list of objects'],
    [{ geoHeaders: ['cf-ipcountry'] }, 'geoHeaders: ["cf-ipcountry"] is not an object'],
    [{ zonesFile: null }, 'zonesFile: null is not a text'],
    [{ webTorrent: 'no' }, 'webTorrent: "no" is not true or false'],
    [{ heartbeatMs: '30s' }, 'heartbeatMs: "30s" is not a whole number of at least 1'],
    [{ heartbeatMs: 2 ** 40 }, 'heartbeatMs: 1099511627776 is not a whole number of at least 1, and at most 86400000'],
    [{ edgeCheckMs: 0 }, 'edgeCheckMs: 0 is not a whole number of at least 1'],
    [{ fileRecheckMs: Number.NaN }, 'fileRecheckMs: NaN is not a whole number of at least 1'],
    [{ turnTtlMs: '1h' }, 'turnTtlMs: "1h" is not a time from 5 minutes to 7 days'],
    [{ admission: 'closed' }, 'admission: "closed" is not open or token'],
    [{ scope: ['region'] }, 'scope: ["region"] is not one of'],
    [{ connectionsMax: 5n }, 'connectionsMax: 5 is not a whole number of at least 1'],
    [{ connectionsMax: '5' }, 'connectionsMax: "5" is not a whole number of at least 1'],
    [{ joinsPerSecond: '2' }, 'joinsPerSecond: "2" is not a number above 0'],
    [{ banMs: {} }, 'banMs: an object is not a whole number of at least 1'],
    [{ complaintSharePercent: 200 }, 'complaintSharePercent: 200 is not a whole number from 1 to 100'],
  ])('[T281] takes no value of another kind: %o', (options, message) => {
    expect(made(options)).toThrow(`tracker setting ${message}`)
  })

  it.each([
    [{ tokenSecret: 1234567 }, 'tokenSecret: "the value given" is not a text'],
    [{ tokenSecrt: '1234567' }, 'tokenSecrt: there is none of this name (did you mean tokenSecret?)'],
    [{ turnSecret: [1234567] }, 'turnSecret: "the value given" is not a text, or a function that gives one'],
    [{ key: '1234567' }, 'key: "the value given" is not a Uint8Array'],
    [{ bus: 'redis://:1234567@127.0.0.1' }, 'bus: "the value given" is not an object'],
  ])('[T281] [T129] repeats nothing that may be secret: %j', (options, message) => {
    expect(made(options)).toThrow(`tracker setting ${message}`)
    expect(made(options)).not.toThrow('1234567')
  })

  it('[T281] takes what is set to nothing for what was not set', async () => {
    const options = { origins: undefined, connectionsMax: undefined, key: undefined }
    const tracker = createTracker({ log: silentLog, ...options } as object as TrackerOptions)
    expect(tracker.isReady).toBe(true)
    await tracker.close()
  })
})

it('[T281] the core takes no limit that there is not', () => {
  expect(() => trackerLimitsWith({ joinBurst: 5 } as object)).toThrow(
    'tracker setting joinBurst: there is none of this name (did you mean joinsBurst?)',
  )
})
