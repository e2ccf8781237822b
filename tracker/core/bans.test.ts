import { describe, expect, it } from 'vitest'
import { Bans } from './bans.ts'
import { trackerLimits } from './limits.ts'

const { strikesPerBan, strikeBanMs, strikeBanLongestMs, strikeMemoryMs } = trackerLimits

const network = 'net'
const strikes = (bans: Bans, count: number, now: number, { subscriber = 'sub1', openCount = 0 } = {}) => {
  for (let i = 0; i < count; i++) bans.strike(subscriber, network, openCount, now)
}

/** How long a ban that just began lasts. */
const banMs = (bans: Bans, now: number) => bans.untilMs('sub1', network) - now

describe('an address whose connections are closed for their faults', () => {
  it('[T148] is kept out after the third, for ten seconds, and its neighbours are not', () => {
    const bans = new Bans(trackerLimits)
    strikes(bans, strikesPerBan - 1, 0)
    expect(bans.isBanned('sub1', network, 0)).toBe(false)
    strikes(bans, 1, 0)
    expect(bans.isBanned('sub1', network, 0)).toBe(true)
    expect(bans.isBanned('sub2', network, 0)).toBe(false)
    expect(bans.isBanned('sub1', network, strikeBanMs)).toBe(false)
  })

  it('[T148] is kept out twice as long each time that it goes on, up to a quarter of an hour', () => {
    const bans = new Bans(trackerLimits)
    let now = 0
    const times: number[] = []
    for (let i = 0; i < 10; i++) {
      strikes(bans, strikesPerBan, now)
      times.push(banMs(bans, now))
      now += times.at(-1)!
    }
    expect(times.slice(0, 4)).toEqual([10_000, 20_000, 40_000, 80_000])
    expect(times.at(-1)).toBe(strikeBanLongestMs)
    now += strikeMemoryMs
    strikes(bans, strikesPerBan, now)
    expect(banMs(bans, now)).toBe(strikeBanMs)
  })

  it('[T148] is forgiven what was long ago', () => {
    const bans = new Bans(trackerLimits)
    strikes(bans, strikesPerBan - 1, 0)
    strikes(bans, 1, strikeMemoryMs)
    expect(bans.isBanned('sub1', network, strikeMemoryMs)).toBe(false)
  })

  it('[T148] and that has a hundred good ones open is kept out after many more', () => {
    const bans = new Bans(trackerLimits)
    strikes(bans, strikesPerBan + 11, 0, { openCount: 100 })
    expect(bans.isBanned('sub1', network, 0)).toBe(false)
    strikes(bans, 1, 0, { openCount: 100 })
    expect(bans.isBanned('sub1', network, 0)).toBe(true)
  })

  it('[T149] has its network kept out when it has many such addresses', () => {
    const bans = new Bans(trackerLimits)
    for (let i = 0; i < 7; i++) strikes(bans, strikesPerBan, 0, { subscriber: `sub${i}` })
    expect(bans.isBanned('another', network, 0)).toBe(false)
    strikes(bans, strikesPerBan, 0, { subscriber: 'sub7' })
    expect(bans.isBanned('another', network, 0)).toBe(true)
    expect(bans.isBanned('another', 'elsewhere', 0)).toBe(false)
  })

  it('[T149] by the ten thousand is not remembered by the ten thousand', () => {
    const bans = new Bans(trackerLimits)
    for (let i = 0; i < 10_000; i++) bans.strike(`address ${i}`, `net ${i}`, 0, i)
    expect(bans.size).toBe(4_096)
    bans.expire(10_000 + strikeMemoryMs)
    expect(bans.size).toBe(0)
  })

  it('[T290] stays kept out when thousands of others are closed for theirs, and so does whom the operator named', () => {
    const bans = new Bans(trackerLimits)
    bans.exclude({ network: 'one', subscriber: undefined }, 1e6, 0)
    strikes(bans, strikesPerBan, 0)
    for (let i = 0; i < 10_000; i++) bans.strike(`address ${i}`, `net ${i}`, 0, 1)
    expect(bans.isBanned('sub1', network, 1)).toBe(true)
    for (let i = 0; i < 10_000; i++) {
      for (let j = 0; j < strikesPerBan; j++) bans.strike(`address ${i}`, `net ${i}`, 0, 2)
    }
    expect(bans.isBanned('anybody', 'one', 2)).toBe(true)
    expect(bans.list(2)).toHaveLength(4_096 + 1)
  })

  it('[T148] can be kept out on the word of another tracker', () => {
    const bans = new Bans(trackerLimits)
    bans.adopt({ network, subscriber: 'sub1', count: 1, untilMs: 5_000 }, 0)
    bans.adopt({ network, subscriber: 'sub1', count: 1, untilMs: 3_000 }, 0)
    expect(bans.isBanned('sub1', network, 4_999)).toBe(true)
    expect(bans.isBanned('sub1', network, 5_000)).toBe(false)
  })

  it('[T256] is kept out until the operator says, or let in again, whatever it did', () => {
    const bans = new Bans(trackerLimits)
    const news = bans.news()
    bans.exclude({ network, subscriber: 'sub1' }, 5_000, 0)
    bans.exclude({ network, subscriber: 'sub1' }, 3_000, 0)
    expect(news.take()).toMatchObject([{ endsOpen: true }, { endsOpen: true, untilMs: 3_000 }])
    expect(bans.isBanned('sub1', network, 2_999)).toBe(true)
    expect(bans.isBanned('sub1', network, 3_000)).toBe(false)
    for (let i = 0; i < 10; i++) bans.strike('sub1', network, 0, 3_000)
    expect(bans.list(3_000)).toMatchObject([{ key: 'sub1', cause: 'faults' }])
    bans.lift('sub1')
    expect(bans.list(3_000)).toEqual([])
  })
})
