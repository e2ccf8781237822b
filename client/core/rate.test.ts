import { describe, expect, it } from 'vitest'
import { PaceBook, Service } from './rate.ts'

describe('what a source takes for a chunk', () => {
  it('[S56] is unknown until it has brought one, and again once it has fallen silent', () => {
    const service = new Service()
    expect(service.msFor(1)).toBe(Number.POSITIVE_INFINITY)
    service.brought(1_000, 0, 100)
    expect(service.msFor(1_000)).toBeCloseTo(100)
    service.reset()
    expect(service.isKnown).toBe(false)
  })

  it('[S56] leaves out the time in which nothing was asked of it', () => {
    const service = new Service()
    for (let at = 0; at < 100_000; at += 10_000) service.brought(1_000, at, at + 100)
    expect(service.msFor(1_000)).toBeCloseTo(100)
  })

  it('[S56] is counted from the chunk before it when both were asked for together', () => {
    const service = new Service()
    for (let at = 100; at <= 1_000; at += 100) service.brought(1_000, 0, at)
    expect(service.msFor(1_000)).toBeCloseTo(100)
  })

  it('[S56] is expected to be longer from one that varies', () => {
    const [even, varying] = [new Service(), new Service()]
    for (let at = 0; at < 40; at++) {
      even.brought(1_000, at * 1_000, at * 1_000 + 100)
      varying.brought(1_000, at * 1_000, at * 1_000 + (at % 2 === 0 ? 20 : 180))
    }
    expect(varying.msFor(1_000, 2)).toBeGreaterThan(1.5 * even.msFor(1_000, 2))
  })
})

describe('the floor', () => {
  const behind = (book: PaceBook, now: number) => book.ahead(1_000, 1_000, now) < 0

  it('[S9] is held when as much came as it asks for, in whatever pieces', () => {
    const book = new PaceBook()
    for (let at = 0; at < 10_000; at += 500) {
      book.add(500, at)
      expect(behind(book, at + 490)).toBe(false)
    }
    expect(behind(book, 10_200)).toBe(true)
  })

  it('[S9] is lived on for a second at most, however much came before', () => {
    const book = new PaceBook()
    book.add(1_000_000, 0)
    expect(behind(book, 0)).toBe(false)
    expect(behind(book, 900)).toBe(false)
    expect(behind(book, 1_100)).toBe(true)
  })

  it('[S9] is caught up with for a second at most, however little came before', () => {
    const book = new PaceBook()
    book.add(0, 0)
    expect(behind(book, 60_000)).toBe(true)
    book.add(1_100, 60_000)
    expect(behind(book, 60_000)).toBe(false)
  })
})
