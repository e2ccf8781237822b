/** A canvas as wide as its box and as sharp as the screen. Knows nothing of what is drawn. */

export class FittedCanvas {
  readonly element: HTMLCanvasElement
  readonly context: CanvasRenderingContext2D
  widthPx = 0
  heightPx = 0
  /** Device pixels in one CSS pixel. */
  density = 1

  constructor(element: HTMLCanvasElement) {
    const context = element.getContext('2d')
    if (!context) throw new Error('this browser has no 2D canvas')
    this.element = element
    this.context = context
  }

  /** The width of the box, whatever the canvas itself measures. */
  get boxWidthPx(): number {
    return this.element.parentElement ? contentWidthPx(this.element.parentElement) : 0
  }

  /** Clears the canvas, at a new size where it changed, with one unit a CSS pixel. */
  clear(widthPx: number, heightPx: number): void {
    this.density = window.devicePixelRatio || 1
    this.widthPx = widthPx
    this.heightPx = heightPx
    const width = Math.round(widthPx * this.density)
    const height = Math.round(heightPx * this.density)
    if (this.element.width !== width || this.element.height !== height) {
      this.element.width = width
      this.element.height = height
      this.element.style.height = `${heightPx}px`
    }
    this.context.setTransform(this.density, 0, 0, this.density, 0, 0)
    this.context.clearRect(0, 0, widthPx, heightPx)
  }
}

function contentWidthPx(box: HTMLElement): number {
  const style = getComputedStyle(box)
  return box.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight)
}
