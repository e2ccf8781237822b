import { describe, expect, it } from 'vitest'
import { linkCountFor } from './device.ts'

describe('small devices', () => {
  it.each([
    ['little memory', { deviceMemory: 2, hardwareConcurrency: 8 }, 8],
    ['few cores', { deviceMemory: 8, hardwareConcurrency: 2 }, 8],
    ['few cores and no word of memory', { hardwareConcurrency: 1 }, 8],
    ['enough of both', { deviceMemory: 4, hardwareConcurrency: 4 }, 20],
    ['a platform that tells nothing', {}, 20],
  ])('[S42] %s: at most so many links', (_, device, count) => {
    expect(linkCountFor(device)).toBe(count)
  })
})
