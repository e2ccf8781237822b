/** One small picture for each source of chunks: its colour and its texture, drawn once for each size and theme. */
import { lookOf, type Texture } from './sources.ts'

/** Marks thinner than this vanish on a plain screen. */
const markMinPx = 1

export class SourceTiles {
  #tiles = new Map<string, HTMLCanvasElement>()
  #style = getComputedStyle(document.documentElement)

  constructor() {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#tiles.clear())
  }

  /** The current value of a CSS custom property. */
  colour(property: string): string {
    return this.#style.getPropertyValue(property).trim()
  }

  /** @param side in device pixels */
  tile(source: number, side: number): HTMLCanvasElement {
    const key = `${source}/${side}`
    let tile = this.#tiles.get(key)
    if (!tile) {
      const look = lookOf(source)
      tile = drawTile(side, this.colour(look.colour), this.colour('--source-mark'), look.texture)
      this.#tiles.set(key, tile)
    }
    return tile
  }
}

function drawTile(side: number, colour: string, mark: string, texture: Texture): HTMLCanvasElement {
  const tile = document.createElement('canvas')
  tile.width = side
  tile.height = side
  const context = tile.getContext('2d')
  if (!context) return tile
  context.fillStyle = colour
  context.beginPath()
  context.roundRect(0, 0, side, side, Math.min(side * 0.2, 4))
  context.fill()
  context.clip()
  context.fillStyle = mark
  context.strokeStyle = mark
  context.lineWidth = Math.max(markMinPx, side / 7)
  drawTexture(context, side, texture)
  return tile
}

function drawTexture(context: CanvasRenderingContext2D, side: number, texture: Texture): void {
  const line = (...points: [number, number, number, number][]) => {
    context.beginPath()
    for (const [fromX, fromY, toX, toY] of points) {
      context.moveTo(fromX * side, fromY * side)
      context.lineTo(toX * side, toY * side)
    }
    context.stroke()
  }
  switch (texture) {
    case 'plain':
      return
    case 'hollow':
      context.clearRect(side * 0.3, side * 0.3, side * 0.4, side * 0.4)
      return
    case 'rising':
      line([0, 1, 1, 0])
      return
    case 'falling':
      line([0, 0, 1, 1])
      return
    case 'upright':
      line([0.5, 0, 0.5, 1])
      return
    case 'level':
      line([0, 0.5, 1, 0.5])
      return
    case 'cross':
      line([0.5, 0.15, 0.5, 0.85], [0.15, 0.5, 0.85, 0.5])
      return
    case 'dot':
      context.beginPath()
      context.arc(side / 2, side / 2, side * 0.2, 0, Math.PI * 2)
      context.fill()
  }
}
