import { describe, expect, it } from 'vitest'
import { VirtualTime } from '../../test/sim/virtual-time.ts'
import { calmSurroundings, type Surroundings } from '../core/manners.ts'
import { type Platform, watchSurroundings } from './surroundings.ts'

const made = <T extends object>(facts: T) => Object.assign(new EventTarget(), facts)
const turn = () => new Promise((resolve) => setTimeout(resolve))

function watching(platform: Platform, hiddenMsMax = 60_000) {
  const time = new VirtualTime()
  const clock = {
    now: () => time.now,
    at(atMs: number, callback: () => void) {
      let isOff = false
      time.at(atMs, () => isOff || callback())
      return () => {
        isOff = true
      }
    },
  }
  const told: Surroundings[] = []
  const stop = watchSurroundings(platform, { clock, hiddenMsMax }, (facts) => told.push(facts))
  return { told, time, stop, last: () => told.at(-1) }
}

describe('what the browser tells', () => {
  it('[P18] is as it should be where it tells nothing', async () => {
    expect(watching({}).told).toEqual([calmSurroundings])
    const { told } = watching({ getBattery: () => Promise.reject(new Error('not allowed')) })
    await turn()
    expect(told).toEqual([calmSurroundings])
  })

  it('[P15] is heard at once of the connection, and at every change', () => {
    const connection = made({ saveData: false, type: 'wifi' })
    const { last } = watching({ connection })
    expect(last()).toEqual(calmSurroundings)
    connection.type = 'cellular'
    connection.dispatchEvent(new Event('change'))
    expect(last()).toEqual({ ...calmSurroundings, isCellular: true })
    connection.saveData = true
    connection.dispatchEvent(new Event('change'))
    expect(last()).toMatchObject({ savesData: true })
  })

  it('[P16] is heard of the battery', async () => {
    const battery = made({ level: 0.15, charging: true })
    const { last } = watching({ getBattery: async () => battery })
    await turn()
    expect(last()).toMatchObject({ batteryPercent: 15, isCharging: true })
    battery.charging = false
    battery.dispatchEvent(new Event('chargingchange'))
    expect(last()).toMatchObject({ batteryPercent: 15, isCharging: false })
  })

  it('[P16] is heard of the page once it is hidden for long, and when it is seen again', () => {
    const document = made({ visibilityState: 'visible' })
    const { told, last, time } = watching({ document })
    document.visibilityState = 'hidden'
    document.dispatchEvent(new Event('visibilitychange'))
    time.run(59_999)
    expect(last()).toMatchObject({ hiddenMs: 0 })
    time.run(60_000)
    expect(last()).toMatchObject({ hiddenMs: 60_000 })
    document.visibilityState = 'visible'
    document.dispatchEvent(new Event('visibilitychange'))
    expect(last()).toEqual(calmSurroundings)
    const count = told.length
    time.run(500_000)
    expect(told).toHaveLength(count)
  })

  it('[P18] is heard of no more once that is stopped', async () => {
    const connection = made({ saveData: false })
    const battery = made({ level: 1, charging: true })
    const { told, stop } = watching({ connection, getBattery: async () => battery })
    stop()
    await turn()
    connection.dispatchEvent(new Event('change'))
    battery.dispatchEvent(new Event('levelchange'))
    expect(told).toHaveLength(1)
  })
})
