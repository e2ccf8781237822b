import { expect, test } from 'vitest'
import { letterOf, lookOf, nameOf } from './sources.ts'

test('visitors are called A to Z, then AA', () => {
  expect([3, 4, 28, 29, 30].map(letterOf)).toEqual(['A', 'B', 'Z', 'AA', 'AB'])
  expect(nameOf(3)).toBe('Visitor A')
})

test('no two sources look alike up to 42 visitors', () => {
  const looks = Array.from({ length: 42 + 3 }, (_, source) => JSON.stringify(lookOf(source)))
  expect(new Set(looks).size).toBe(looks.length)
})

test('server and device have no letter', () => {
  expect([0, 1, 2].map(letterOf)).toEqual(['', '', ''])
  expect([0, 1, 2].map(nameOf)).toEqual(['Missing', 'Server', 'This device'])
})
