/** Draws speed over time: origin and peers stacked above the line, uploads below it. The rates come from SpeedSeries. */
import { setText } from './elements.ts'
import { FittedCanvas } from './fitted-canvas.ts'
import type { Format } from './format.ts'
import type { SourceTiles } from './source-tiles.ts'
import { type RatePoint, type Rates, type SpeedScale, type SpeedSeries, speedScale } from './speed-series.ts'

export interface SpeedChartElements {
  canvas: HTMLCanvasElement
  peers: HTMLElement
  origin: HTMLElement
  uploaded: HTMLElement
  span: HTMLElement
}

const heightPx = 220
const labelHeightPx = 18
/** The stripes that tell peers from the origin without colour. */
const stripePx = 6
/** A text that changes with each drawing would be read again and again. */
const describePauseMs = 5000

type Accessor = (point: Rates) => number

export class SpeedChart {
  #elements: SpeedChartElements
  #canvas: FittedCanvas
  #tiles: SourceTiles
  #format: Format
  #capBytesPerSecond: number
  #describedAtMs = Number.NEGATIVE_INFINITY
  /** What is on the canvas. */
  #drawn = ''

  /** @param capBytesPerSecond what the server sends in all, drawn as a line; 0 for none */
  constructor(elements: SpeedChartElements, tiles: SourceTiles, format: Format, capBytesPerSecond: number) {
    this.#elements = elements
    this.#canvas = new FittedCanvas(elements.canvas)
    this.#tiles = tiles
    this.#format = format
    this.#capBytesPerSecond = capBytesPerSecond
  }

  /** Draws the series up to its last sample; between samples nothing changes, so nothing is drawn. */
  draw(series: SpeedSeries): void {
    const nowMs = series.lastMs ?? 0
    const look = `${this.#canvas.boxWidthPx}/${window.devicePixelRatio}/${this.#tiles.colour('--surface')}`
    const drawn = `${look}/${nowMs}`
    if (drawn === this.#drawn) return
    this.#drawn = drawn
    const points = series.points(nowMs)
    const scale = speedScale(points, this.#capBytesPerSecond)
    const canvas = this.#canvas
    canvas.clear(canvas.boxWidthPx, heightPx)
    const plot = new Plot(canvas.widthPx, scale, series.shownMs(nowMs))
    this.#drawGrid(plot, scale)
    const peersTop: Accessor = (point) => point.origin + point.peers
    this.#drawArea(plot, points, peersTop, (point) => point.origin, '--chart-peers', true)
    this.#drawArea(plot, points, (point) => point.origin, zero, '--chart-origin', false)
    this.#drawArea(plot, points, (point) => -point.uploaded, zero, '--chart-uploaded', false)
    this.#drawLine(plot, points, (point) => point.origin, '--chart-origin')
    if (points.some((point) => point.peers > 0)) this.#drawLine(plot, points, peersTop, '--chart-peers')
    if (scale.upMax > 0) this.#drawLine(plot, points, (point) => -point.uploaded, '--chart-uploaded')
    this.#drawAxis(plot)
    this.#drawLabels(plot, scale)
    this.#drawCap(plot)
    this.#tell(series.latest(), points, plot.pastMs, nowMs)
  }

  #drawGrid(plot: Plot, scale: SpeedScale): void {
    const { context } = this.#canvas
    context.font = `11px ${this.#tiles.colour('--font')}`
    context.textBaseline = 'bottom'
    context.lineJoin = 'round'
    context.fillStyle = this.#tiles.colour('--ink-soft')
    for (let rate = -scale.upMax; rate <= scale.downMax; rate += scale.step) {
      if (rate === 0) continue
      const y = Math.round(plot.y(rate)) + 0.5
      context.lineWidth = 1
      context.strokeStyle = this.#tiles.colour('--chart-grid')
      context.beginPath()
      context.moveTo(0, y)
      context.lineTo(plot.widthPx, y)
      context.stroke()
    }
  }

  #drawLabels(plot: Plot, scale: SpeedScale): void {
    this.#canvas.context.textBaseline = 'bottom'
    for (let rate = -scale.upMax; rate <= scale.downMax; rate += scale.step) {
      // A label for every line would collide where the lower half is thin.
      if (rate > 0 || (rate < 0 && rate === -scale.upMax)) {
        this.#write(this.#format.fixedRate(Math.abs(rate)), 0, Math.round(plot.y(rate)) - 1)
      }
    }
  }

  #drawArea(plot: Plot, points: RatePoint[], top: Accessor, bottom: Accessor, colour: string, striped: boolean): void {
    const first = points[0]
    if (!first) return
    const { context } = this.#canvas
    context.beginPath()
    context.moveTo(plot.x(first.ageMs), plot.y(bottom(first)))
    for (const point of points) context.lineTo(plot.x(point.ageMs), plot.y(top(point)))
    for (const point of points.toReversed()) context.lineTo(plot.x(point.ageMs), plot.y(bottom(point)))
    context.closePath()
    context.fillStyle = this.#tiles.colour(colour)
    context.globalAlpha = striped ? 0.28 : 0.55
    context.fill()
    context.globalAlpha = 1
    if (striped) this.#drawStripes(plot, colour)
  }

  /** Rising stripes inside the current path. */
  #drawStripes(plot: Plot, colour: string): void {
    const { context } = this.#canvas
    context.save()
    context.clip()
    context.strokeStyle = this.#tiles.colour(colour)
    context.globalAlpha = 0.45
    context.lineWidth = 1
    context.beginPath()
    for (let x = -heightPx; x < plot.widthPx; x += stripePx) {
      context.moveTo(x, heightPx)
      context.lineTo(x + heightPx, 0)
    }
    context.stroke()
    context.restore()
  }

  #drawLine(plot: Plot, points: RatePoint[], rate: Accessor, colour: string): void {
    const { context } = this.#canvas
    context.beginPath()
    for (const point of points) context.lineTo(plot.x(point.ageMs), plot.y(rate(point)))
    context.strokeStyle = this.#tiles.colour(colour)
    context.lineWidth = 2
    context.lineJoin = 'round'
    context.stroke()
  }

  #drawAxis(plot: Plot): void {
    const { context } = this.#canvas
    const y = Math.round(plot.y(0)) + 0.5
    context.strokeStyle = this.#tiles.colour('--ink-soft')
    context.lineWidth = 1
    context.beginPath()
    context.moveTo(0, y)
    context.lineTo(plot.widthPx, y)
    context.stroke()
    context.fillStyle = this.#tiles.colour('--ink-soft')
    context.textBaseline = 'alphabetic'
    this.#write(`${this.#format.duration(plot.pastMs)} ago`, 0, heightPx - 4)
    context.textAlign = 'right'
    this.#write('now', plot.widthPx, heightPx - 4)
    context.textAlign = 'left'
  }

  #drawCap(plot: Plot): void {
    if (this.#capBytesPerSecond <= 0) return
    const { context } = this.#canvas
    const y = Math.round(plot.y(this.#capBytesPerSecond)) + 0.5
    context.strokeStyle = this.#tiles.colour('--ink')
    context.lineWidth = 1
    context.setLineDash([2, 4])
    context.beginPath()
    context.moveTo(0, y)
    context.lineTo(plot.widthPx, y)
    context.stroke()
    context.setLineDash([])
    context.fillStyle = this.#tiles.colour('--ink')
    context.textAlign = 'right'
    context.textBaseline = 'bottom'
    this.#write(`the server’s limit: ${this.#format.fixedRate(this.#capBytesPerSecond)}`, plot.widthPx, y - 2)
    context.textAlign = 'left'
  }

  /** With an edge in the card's colour, so that it reads on top of an area too. */
  #write(text: string, x: number, y: number): void {
    const { context } = this.#canvas
    context.strokeStyle = this.#tiles.colour('--surface')
    context.lineWidth = 3
    context.strokeText(text, x, y)
    context.fillText(text, x, y)
  }

  #tell(rates: Rates, points: readonly RatePoint[], pastMs: number, nowMs: number): void {
    const { canvas, peers, origin, uploaded, span } = this.#elements
    const past = `The last ${this.#format.duration(pastMs)}`
    setText(span, past)
    setText(peers, this.#format.rate(rates.peers))
    setText(origin, this.#format.rate(rates.origin))
    setText(uploaded, this.#format.rate(rates.uploaded))
    if (nowMs - this.#describedAtMs < describePauseMs) return
    this.#describedAtMs = nowMs
    const highest = points.reduce((high, point) => Math.max(high, point.origin + point.peers), 0)
    const { rate } = this.#format
    canvas.setAttribute(
      'aria-label',
      `Speed. ${past}: now ${rate(rates.peers)} from visitors, ${rate(rates.origin)} from the server, ` +
        `${rate(rates.uploaded)} sent; the highest was ${rate(highest)}`,
    )
  }
}

const zero: Accessor = () => 0

/** Where a moment and a rate are on the canvas. */
class Plot {
  readonly widthPx: number
  /** How far back the left edge is. */
  readonly pastMs: number
  #topPx = labelHeightPx
  #scale: SpeedScale
  #pxPerRate: number

  constructor(widthPx: number, scale: SpeedScale, pastMs: number) {
    this.widthPx = widthPx
    this.pastMs = pastMs
    this.#scale = scale
    this.#pxPerRate = (heightPx - 2 * labelHeightPx) / (scale.downMax + scale.upMax)
  }

  x(ageMs: number): number {
    return this.widthPx * (1 - ageMs / this.pastMs)
  }

  y(rate: number): number {
    return this.#topPx + (this.#scale.downMax - rate) * this.#pxPerRate
  }
}
