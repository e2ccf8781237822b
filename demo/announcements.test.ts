import { expect, test } from 'vitest'
import { Announcements } from './announcements.ts'

test('a change of state is told at once', () => {
  const announcements = new Announcements()
  expect(announcements.isDue(0, 'running', 0)).toBe(true)
  expect(announcements.isDue(10, 'paused', 0)).toBe(true)
})

test('progress is told every tenth, but not faster than it can be said', () => {
  const announcements = new Announcements()
  announcements.isDue(0, 'running', 0)
  expect(announcements.isDue(1000, 'running', 0.5)).toBe(false)
  expect(announcements.isDue(5000, 'running', 0.5)).toBe(true)
  expect(announcements.isDue(10_000, 'running', 0.55)).toBe(false)
})

test('slow progress is told four times a minute, and none is not told', () => {
  const announcements = new Announcements()
  announcements.isDue(0, 'running', 0.5)
  expect(announcements.isDue(14_000, 'running', 0.51)).toBe(false)
  expect(announcements.isDue(15_000, 'running', 0.51)).toBe(true)
  expect(announcements.isDue(60_000, 'running', 0.51)).toBe(false)
})
