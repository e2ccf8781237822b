import { describe, expect, test } from 'vitest'
import { SpeedSeries, spanMs, speedScale } from './speed-series.ts'

const kib = 1024
const mib = 1024 * 1024

function steady(seconds: number): SpeedSeries {
  const series = new SpeedSeries()
  for (let at = 0; at <= seconds * 1000; at += 500) {
    series.add(at, { origin: at * 2, peers: at * 3, uploaded: at })
  }
  return series
}

describe('speed over time', () => {
  test('a steady download shows its rates by source', () => {
    expect(steady(10).latest()).toEqual({ origin: 2000, peers: 3000, uploaded: 1000 })
  })

  test('before the second sample there is nothing to show', () => {
    const series = new SpeedSeries()
    expect(series.latest()).toEqual({ origin: 0, peers: 0, uploaded: 0 })
    series.add(0, { origin: 500, peers: 0, uploaded: 0 })
    expect(series.points(0)).toEqual([])
    expect(series.latest()).toEqual({ origin: 0, peers: 0, uploaded: 0 })
  })

  test('only the last two minutes are kept', () => {
    const points = steady(300).points(300_000)
    expect(points[0]!.ageMs).toBeLessThanOrEqual(spanMs)
    expect(points[0]!.ageMs).toBeGreaterThan(spanMs - 1000)
    expect(points.at(-1)!.ageMs).toBe(0)
  })

  test('the chart begins at half a minute and widens to two', () => {
    const shown = [10, 31, 61, 300].map((seconds) => steady(seconds).shownMs(seconds * 1000))
    expect(shown).toEqual([30_000, 60_000, 120_000, 120_000])
  })

  test('a tab that slept for a minute shows the mean of that minute, not a spike', () => {
    const series = new SpeedSeries()
    series.add(0, { origin: 0, peers: 0, uploaded: 0 })
    series.add(60_000, { origin: 60_000, peers: 0, uploaded: 0 })
    expect(series.latest().origin).toBe(1000)
    expect(series.points(60_000).map((point) => point.origin)).toEqual([1000])
  })

  test('totals that begin anew never show a negative speed', () => {
    const series = steady(5)
    series.add(6000, { origin: 0, peers: 0, uploaded: 0 })
    series.add(7000, { origin: 100, peers: 0, uploaded: 0 })
    expect(series.points(7000).every((point) => point.origin >= 0 && point.peers >= 0)).toBe(true)
  })

  test('a second sample of the same moment is passed over', () => {
    const series = steady(5)
    series.add(5000, { origin: 1e9, peers: 1e9, uploaded: 1e9 })
    expect(series.latest().origin).toBe(2000)
  })
})

describe('the scale of the speed chart', () => {
  test('holds the highest point and the line that is shown', () => {
    const scale = speedScale([{ origin: 3 * mib, peers: 6 * mib, uploaded: mib }], 4 * mib)
    expect(scale).toEqual({ step: 5 * mib, downMax: 10 * mib, upMax: 5 * mib })
  })

  test('an idle chart has a scale and no lower half', () => {
    const scale = speedScale([])
    expect(scale.downMax).toBeGreaterThan(0)
    expect(scale.upMax).toBe(0)
  })

  test.each([100, 700 * kib, 9 * mib, 3000 * mib])('has few lines at %d bytes per second', (rate) => {
    const scale = speedScale([{ origin: rate, peers: 0, uploaded: 0 }])
    expect(scale.downMax / scale.step).toBeLessThanOrEqual(4)
    expect(scale.downMax).toBeGreaterThanOrEqual(rate)
  })
})
