import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chunksAt, countBySource, mapCells, mapLayout } from './chunk-map-layout.ts'

describe('the chunk map', () => {
  test('a file of one chunk has one cell', () => {
    expect(mapLayout(1, 1000)).toMatchObject({ cellCount: 1, rows: 1, chunksPerCell: 1 })
  })

  test('a file of no chunks has no cells', () => {
    expect(mapLayout(0, 1000)).toMatchObject({ cellCount: 0, rows: 0, heightPx: 0 })
  })

  test('1,516 chunks have a cell each, on a wide screen and on a phone', () => {
    expect(mapLayout(1516, 1016).chunksPerCell).toBe(1)
    expect(mapLayout(1516, 304).chunksPerCell).toBe(1)
  })

  test('any number of chunks fits any width, none left out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300_000 }), fc.integer({ min: 1, max: 4000 }), (chunkCount, widthPx) => {
        const layout = mapLayout(chunkCount, widthPx)
        expect(layout.cellCount * layout.chunksPerCell).toBeGreaterThanOrEqual(chunkCount)
        expect(layout.columns * layout.rows).toBeGreaterThanOrEqual(layout.cellCount)
        expect(layout.heightPx).toBeLessThanOrEqual(241)
      }),
      { numRuns: 300 },
    )
  })

  test('a cell of several chunks takes the colour of most of them and fills as they come', () => {
    const layout = { columns: 2, rows: 1, cellCount: 2, chunksPerCell: 4, pitchPx: 5, heightPx: 5 }
    const cells = mapCells(layout, Uint8Array.of(1, 3, 3, 0, 0, 0), [3])
    expect(cells).toEqual([
      { source: 3, filled: 0.75, inFlight: true },
      { source: 0, filled: 0, inFlight: false },
    ])
  })

  test('the last cell is full when its few chunks are here', () => {
    const layout = { columns: 2, rows: 1, cellCount: 2, chunksPerCell: 4, pitchPx: 5, heightPx: 5 }
    expect(mapCells(layout, Uint8Array.of(0, 0, 0, 0, 2, 2), [])[1]).toEqual({ source: 2, filled: 1, inFlight: false })
  })

  test('a chunk on its way that the map does not have is passed over', () => {
    expect(mapCells(mapLayout(2, 100), Uint8Array.of(0, 0), [7]).some((cell) => cell.inFlight)).toBe(false)
  })

  test('pointing at a cell finds its chunks, and beside the cells nothing', () => {
    const layout = { columns: 10, rows: 2, cellCount: 13, chunksPerCell: 2, pitchPx: 10, heightPx: 20 }
    expect(chunksAt(layout, 25, 15, 3)).toEqual([2, 4])
    expect(chunksAt(layout, 25, 25, 12)).toEqual([24, 25])
    expect(chunksAt(layout, 25, 35, 12)).toBeUndefined()
    expect(chunksAt(layout, 25, 101, 3)).toBeUndefined()
  })

  test('the legend counts every chunk once', () => {
    expect(countBySource(Uint8Array.of(0, 1, 1, 3, 0), 4)).toEqual([2, 2, 0, 1])
  })
})
