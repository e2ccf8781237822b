import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createWebClock } from './web-clock.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('calls back once, at the asked time and not before', () => {
  const clock = createWebClock()
  const callback = vi.fn()
  clock.at(clock.now() + 100.5, callback)
  vi.advanceTimersByTime(100)
  expect(callback).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1000)
  expect(callback).toHaveBeenCalledTimes(1)
})

it('calls back soon for a time that has passed, though never during the call', () => {
  const clock = createWebClock()
  const callback = vi.fn()
  clock.at(clock.now() - 5000, callback)
  expect(callback).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(callback).toHaveBeenCalledTimes(1)
})

it('does not call back what was taken back', () => {
  const clock = createWebClock()
  const callback = vi.fn()
  const takeBack = clock.at(clock.now() + 10, callback)
  takeBack()
  vi.advanceTimersByTime(100)
  expect(callback).not.toHaveBeenCalled()
  takeBack()
})

it('waits longer than a platform timer can', () => {
  const clock = createWebClock()
  const callback = vi.fn()
  const fortyDaysMs = 40 * 24 * 60 * 60 * 1000
  const takeBack = clock.at(clock.now() + fortyDaysMs, callback)
  vi.advanceTimersByTime(fortyDaysMs - 1000)
  expect(callback).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1000)
  expect(callback).toHaveBeenCalledTimes(1)
  takeBack()
})
