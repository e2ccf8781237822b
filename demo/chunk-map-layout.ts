/** Where the cells of the chunk map go and what each one shows. Pure; knows no canvas. */

export interface MapLayout {
  columns: number
  rows: number
  cellCount: number
  /** More than 1 when the file has more chunks than the map has cells. */
  chunksPerCell: number
  /** From one cell's left edge to the next one's: not a whole number, so that the map fills its width. */
  pitchPx: number
  heightPx: number
}

export interface MapCell {
  /** Index of the source that sent most of the cell's chunks; 0 while all are missing. */
  source: number
  /** How much of the cell is here, 0 to 1. */
  filled: number
  inFlight: boolean
}

/** Larger cells would look like buttons. */
const pitchMaxPx = 22
/** Below this a texture cannot be told from a plain colour. */
const pitchMinPx = 5
/** The map shares a phone's screen with the progress above it. */
const heightMaxPx = 240

export function mapLayout(chunkCount: number, widthPx: number): MapLayout {
  const width = Math.max(pitchMinPx, widthPx)
  let pitch = pitchMaxPx
  const columnsAt = (pitchPx: number) => Math.max(1, Math.floor(width / pitchPx))
  const heightAt = (pitchPx: number) => Math.ceil(chunkCount / columnsAt(pitchPx)) * pitchPx
  while (pitch > pitchMinPx && heightAt(pitch) > heightMaxPx) pitch--
  const columns = columnsAt(pitch)
  const pitchPx = width / columns
  const rowsMax = Math.max(1, Math.floor(heightMaxPx / pitchPx))
  const chunksPerCell = Math.max(1, Math.ceil(chunkCount / (columns * rowsMax)))
  const cellCount = Math.ceil(chunkCount / chunksPerCell)
  const rows = Math.ceil(cellCount / columns)
  return { columns, rows, cellCount, chunksPerCell, pitchPx, heightPx: Math.ceil(rows * pitchPx) }
}

/** @param chunks the source's index of each chunk, 0 for missing */
export function mapCells(layout: MapLayout, chunks: Uint8Array, inFlight: readonly number[]): MapCell[] {
  const cells: MapCell[] = []
  const counts = new Uint32Array(256)
  for (let index = 0; index < layout.cellCount; index++) {
    counts.fill(0)
    const from = index * layout.chunksPerCell
    const to = Math.min(chunks.length, from + layout.chunksPerCell)
    let source = 0
    let here = 0
    for (let chunk = from; chunk < to; chunk++) {
      const sender = chunks[chunk]!
      if (sender === 0) continue
      here++
      counts[sender]!++
      if (source === 0 || counts[sender]! > counts[source]!) source = sender
    }
    cells.push({ source, filled: to > from ? here / (to - from) : 0, inFlight: false })
  }
  for (const chunk of inFlight) {
    const cell = cells[Math.floor(chunk / layout.chunksPerCell)]
    if (cell) cell.inFlight = true
  }
  return cells
}

/** The chunks under a point of the map, as [first, end); undefined beside the cells. */
export function chunksAt(
  layout: MapLayout,
  chunkCount: number,
  xPx: number,
  yPx: number,
): [number, number] | undefined {
  const column = Math.floor(xPx / layout.pitchPx)
  const row = Math.floor(yPx / layout.pitchPx)
  if (column < 0 || column >= layout.columns || row < 0) return undefined
  const first = (row * layout.columns + column) * layout.chunksPerCell
  return first < chunkCount ? [first, Math.min(chunkCount, first + layout.chunksPerCell)] : undefined
}

/** How many chunks each source sent; entry 0 counts the missing ones. */
export function countBySource(chunks: Uint8Array, sourceCount: number): number[] {
  const counts = new Array<number>(sourceCount).fill(0)
  for (const source of chunks) if (source < sourceCount) counts[source]!++
  return counts
}
