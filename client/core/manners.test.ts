import { describe, expect, it } from 'vitest'
import { calmSurroundings, type MannersSettings, permitted, type Surroundings } from './manners.ts'

const settings: MannersSettings = { metered: 'off', batteryPercentMin: 20, hiddenSecondsMax: 600 }
const where = (facts: Partial<Surroundings>, over: Partial<MannersSettings> = {}) =>
  permitted({ ...calmSurroundings, ...facts }, { ...settings, ...over })

const all = { peers: true, uploads: true, resting: undefined }

describe('manners', () => {
  it('[P15] has no peers on a connection that is paid for, or where data is to be saved', () => {
    expect(where({})).toEqual(all)
    expect(where({ savesData: true })).toEqual({ peers: false, uploads: false, resting: 'data-saver' })
    expect(where({ isCellular: true })).toEqual({ peers: false, uploads: false, resting: 'cellular' })
  })

  it('[P15] only downloads there, or does as elsewhere, where the site says so', () => {
    expect(where({ isCellular: true }, { metered: 'download' })).toMatchObject({ peers: true, uploads: false })
    expect(where({ savesData: true, isCellular: true }, { metered: 'on' })).toEqual(all)
  })

  it('[P16] uploads nothing with little battery, unless it charges', () => {
    const low = { batteryPercent: 19.5, isCharging: false }
    expect(where(low)).toEqual({ peers: true, uploads: false, resting: 'battery' })
    expect(where({ ...low, isCharging: true })).toEqual(all)
    expect(where({ ...low, batteryPercent: 20 })).toEqual(all)
    expect(where(low, { batteryPercentMin: 0 })).toEqual(all)
  })

  it('[P16] uploads nothing after a page was hidden for long', () => {
    expect(where({ hiddenMs: 599_999 })).toEqual(all)
    expect(where({ hiddenMs: 600_000 })).toEqual({ peers: true, uploads: false, resting: 'hidden' })
    expect(where({ hiddenMs: 1e12 }, { hiddenSecondsMax: Number.POSITIVE_INFINITY })).toEqual(all)
    expect(where({ hiddenMs: 1 }, { hiddenSecondsMax: 0 })).toMatchObject({ resting: 'hidden' })
    expect(where({}, { hiddenSecondsMax: 0 })).toEqual(all)
  })
})
