import { expect, it } from 'vitest'
import { filesToDrop } from './eviction.ts'

const file = (name: string, bytes: number, usedAtMs: number) => ({ name, bytes, usedAtMs })
const files = [file('new', 10, 300), file('old', 10, 100), file('older', 1, 50), file('empty', 0, 10)]
const dropped = (overBytes: number) => filesToDrop(files, overBytes).map(({ name }) => name)

it('[C20] the files that were used longest ago make room, and no more of them than must', () => {
  expect(dropped(-5)).toEqual([])
  expect(dropped(0)).toEqual([])
  expect(dropped(1)).toEqual(['empty', 'older'])
  expect(dropped(2)).toEqual(['empty', 'older', 'old'])
  expect(dropped(11)).toEqual(['empty', 'older', 'old'])
  expect(dropped(1_000)).toEqual(['empty', 'older', 'old', 'new'])
  expect(filesToDrop([], 5)).toEqual([])
})
