/** Draws the chunk map, its legend and what is under the pointer. Where cells go is chunk-map-layout's business. */
import type { ChunkMap } from '../client/api.ts'
import { chunksAt, countBySource, type MapLayout, mapCells, mapLayout } from './chunk-map-layout.ts'
import { setText } from './elements.ts'
import { FittedCanvas } from './fitted-canvas.ts'
import type { Format } from './format.ts'
import type { SourceTiles } from './source-tiles.ts'
import { lookOf, missing, nameOf, origin, store } from './sources.ts'

export interface ChunkMapElements {
  canvas: HTMLCanvasElement
  legend: HTMLElement
  readout: HTMLElement
}

/** The gap between cells takes this part of the pitch, and at least a pixel. */
const gapFraction = 0.16
const swatchPx = 14
/** More visitors than this would push the rest of the page away. */
const legendPeersMax = 12

export class ChunkMapView {
  #elements: ChunkMapElements
  #canvas: FittedCanvas
  #tiles: SourceTiles
  #format: Format
  #layout: MapLayout | undefined
  #map: ChunkMap | undefined
  /** What is on the canvas, so that a map that stands still is not drawn again. */
  #drawn = ''
  #pointer: [xPx: number, yPx: number] | undefined

  constructor(elements: ChunkMapElements, tiles: SourceTiles, format: Format) {
    this.#elements = elements
    this.#canvas = new FittedCanvas(elements.canvas)
    this.#tiles = tiles
    this.#format = format
    elements.canvas.addEventListener('pointermove', (event) => {
      this.#pointer = [event.offsetX, event.offsetY]
      this.#describePointer()
    })
    elements.canvas.addEventListener('pointerleave', () => {
      this.#pointer = undefined
      this.#describePointer()
    })
  }

  draw(map: ChunkMap): void {
    const look = `${this.#canvas.boxWidthPx}/${window.devicePixelRatio}/${this.#tiles.colour('--source-missing')}`
    const drawn = `${look}/${map.chunks.join()}/${map.inFlight.join()}`
    if (drawn === this.#drawn) return
    this.#drawn = drawn
    this.#map = map
    const layout = mapLayout(map.chunks.length, this.#canvas.boxWidthPx)
    this.#layout = layout
    this.#drawCells(layout, map)
    const counts = countBySource(map.chunks, map.sources.length)
    this.#drawLegend(counts, map)
    this.#describePointer()
    const told = counts.flatMap((count, source) =>
      count > 0 ? [`${nameOf(source)} ${this.#format.count(count)}`] : [],
    )
    const text = `Map of ${this.#format.count(map.chunks.length)} chunks by source: ${told.join(', ')}`
    this.#elements.canvas.setAttribute('aria-label', text)
  }

  #drawCells(layout: MapLayout, map: ChunkMap): void {
    const canvas = this.#canvas
    canvas.clear(canvas.boxWidthPx, layout.heightPx)
    const { context, density } = canvas
    // Whole device pixels, or the cells' edges would blur.
    context.setTransform(1, 0, 0, 1, 0, 0)
    const pitch = layout.pitchPx * density
    const gap = Math.max(1, Math.round(pitch * gapFraction))
    const side = Math.max(1, Math.floor(pitch) - gap)
    const blank = this.#tiles.tile(missing, side)
    context.strokeStyle = this.#tiles.colour('--source-flight')
    context.lineWidth = Math.max(1, Math.round(side / 8))
    mapCells(layout, map.chunks, map.inFlight).forEach((cell, index) => {
      const x = Math.round((index % layout.columns) * pitch)
      const y = Math.round(Math.floor(index / layout.columns) * pitch)
      if (cell.filled < 1) context.drawImage(blank, x, y)
      if (cell.filled > 0) {
        const top = cell.filled === 1 ? 0 : Math.floor(side * (1 - cell.filled))
        const tile = this.#tiles.tile(cell.source, side)
        context.drawImage(tile, 0, top, side, side - top, x, y + top, side, side - top)
      }
      if (cell.inFlight) {
        const inset = context.lineWidth / 2
        context.strokeRect(x + inset, y + inset, side - 2 * inset, side - 2 * inset)
      }
    })
  }

  #drawLegend(counts: readonly number[], map: ChunkMap): void {
    const shown = [origin, store]
    for (let source = store + 1; source < map.sources.length && shown.length < legendPeersMax + 2; source++) {
      shown.push(source)
    }
    const others = counts.slice(shown.length + 1).reduce((sum, count) => sum + count, 0)
    const entries: LegendEntry[] = shown
      .filter((source) => source !== store || counts[store] !== 0)
      .map((source) => ({ source, name: nameOf(source), count: counts[source] ?? 0 }))
    if (others > 0) entries.push({ source: undefined, name: 'Other visitors', count: others })
    if (map.inFlight.length > 0) entries.push({ source: 'flight', name: 'On the way', count: map.inFlight.length })
    const gone = counts[missing] ?? 0
    if (gone > 0) entries.push({ source: missing, name: 'Missing', count: gone })
    this.#syncLegend(entries)
  }

  /** Keeps the items that stay, so that a selection or a zoom on them survives. */
  #syncLegend(entries: readonly LegendEntry[]): void {
    const { legend } = this.#elements
    while (legend.childElementCount > entries.length) legend.lastElementChild?.remove()
    entries.forEach((entry, index) => {
      let item = legend.children[index]
      if (!item) {
        item = document.createElement('li')
        item.append(document.createElement('canvas'), document.createElement('span'), document.createElement('strong'))
        legend.append(item)
      }
      const [swatch, name, count] = item.children
      if (swatch instanceof HTMLCanvasElement) drawSwatch(swatch, entry.source, this.#tiles)
      setText(name!, entry.name)
      setText(count!, this.#format.count(entry.count))
    })
  }

  #describePointer(): void {
    const { readout } = this.#elements
    const map = this.#map
    const under =
      this.#layout && map && this.#pointer ? chunksAt(this.#layout, map.chunks.length, ...this.#pointer) : undefined
    if (!under || !map) {
      setText(readout, '')
      return
    }
    const [first, end] = under
    const flying = new Set(map.inFlight)
    const from = new Set<string>()
    for (let chunk = first; chunk < end; chunk++) {
      const source = map.chunks[chunk]!
      from.add(source === missing && flying.has(chunk) ? 'on the way' : inSentence(source))
    }
    const { count } = this.#format
    const which = end - first === 1 ? `Chunk ${count(first + 1)}` : `Chunks ${count(first + 1)} to ${count(end)}`
    setText(readout, `${which}: ${[...from].join(', ')}`)
  }
}

interface LegendEntry {
  source: number | 'flight' | undefined
  name: string
  count: number
}

function inSentence(source: number): string {
  if (source === missing) return 'missing'
  if (source === origin) return 'from the server'
  if (source === store) return 'from an earlier visit'
  return `from ${nameOf(source).replace('V', 'v')}`
}

/** Draws a source's tile into a small canvas; an outline for chunks on the way; nothing for no source. */
export function drawSwatch(swatch: HTMLCanvasElement, source: LegendEntry['source'], tiles: SourceTiles): void {
  const side = Math.round(swatchPx * (window.devicePixelRatio || 1))
  const look = typeof source === 'number' ? lookOf(source).colour : '--source-flight'
  const drawn = `${source}/${side}/${tiles.colour(look)}`
  if (swatch.dataset.drawn === drawn) return
  swatch.dataset.drawn = drawn
  swatch.className = 'swatch'
  swatch.setAttribute('aria-hidden', 'true')
  swatch.width = side
  swatch.height = side
  const context = swatch.getContext('2d')
  if (!context || source === undefined) return
  if (typeof source === 'number') {
    context.drawImage(tiles.tile(source, side), 0, 0)
    return
  }
  context.drawImage(tiles.tile(missing, side), 0, 0)
  context.strokeStyle = tiles.colour(look)
  context.lineWidth = side / 7
  context.strokeRect(context.lineWidth / 2, context.lineWidth / 2, side - context.lineWidth, side - context.lineWidth)
}
