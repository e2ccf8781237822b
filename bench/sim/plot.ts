/** Draws how many peers were done by when, beside the bound, as an SVG that is readable on light and on dark paper. */

const [width, height] = [640, 320]
const margin = { left: 48, right: 16, top: 36, bottom: 44 }

const style = `
  text { font: 12px system-ui, sans-serif; fill: #333 } .title { font-weight: 600 } .quiet { fill: #777 }
  .axis { stroke: #999; fill: none } .grid { stroke: #ddd } .line { stroke: #1666c5; fill: none; stroke-width: 2 }
  .bound { stroke: #c0392b; stroke-dasharray: 5 4 } .bound-text { fill: #c0392b }
  @media (prefers-color-scheme: dark) {
    text { fill: #ddd } .quiet { fill: #999 } .axis { stroke: #777 } .grid { stroke: #333 }
    .line { stroke: #6cb2ff } .bound { stroke: #ff8a75 } .bound-text { fill: #ff8a75 }
  }`

/** A round step that divides the range into about five. */
function stepOf(range: number): number {
  const power = 10 ** Math.floor(Math.log10(range / 5))
  return power * [1, 2, 5, 10].find((factor) => range / (factor * power) <= 6)!
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

export function plotOf(title: string, doneMs: readonly number[], boundMs: number | undefined): string {
  const done = doneMs.filter(Number.isFinite).map((ms) => ms / 1_000)
  const bound = boundMs === undefined ? undefined : boundMs / 1_000
  const range = Math.max(0.001, 1.05 * Math.max(bound ?? 0, done.at(-1) ?? 0))
  const x = (seconds: number) => margin.left + (seconds / range) * (width - margin.left - margin.right)
  const y = (share: number) => height - margin.bottom - share * (height - margin.top - margin.bottom)
  const at = (value: number) => value.toFixed(1)
  const parts: string[] = []
  const step = stepOf(range)
  for (let seconds = 0; seconds <= range; seconds += step) {
    parts.push(`<path class="grid" d="M${at(x(seconds))} ${at(y(0))}V${at(y(1))}"/>`)
    const label = Number(seconds.toPrecision(6))
    parts.push(`<text class="quiet" text-anchor="middle" x="${at(x(seconds))}" y="${at(y(0) + 16)}">${label}</text>`)
  }
  for (const share of [0, 0.5, 1]) {
    parts.push(`<path class="grid" d="M${margin.left} ${at(y(share))}H${width - margin.right}"/>`)
    parts.push(
      `<text class="quiet" text-anchor="end" x="${margin.left - 6}" y="${at(y(share) + 4)}">${share * 100} %</text>`,
    )
  }
  let line = `M${at(x(0))} ${at(y(0))}`
  for (const [i, seconds] of done.entries()) line += `H${at(x(seconds))}V${at(y((i + 1) / doneMs.length))}`
  parts.push(`<path class="axis" d="M${margin.left} ${at(y(1))}V${at(y(0))}H${width - margin.right}"/>`)
  parts.push(`<path class="line" d="${line}"/>`)
  if (bound !== undefined) {
    const isLeft = bound > 0.7 * range
    parts.push(`<path class="bound" d="M${at(x(bound))} ${at(y(0))}V${at(y(1) - 8)}"/>`)
    parts.push(
      `<text class="bound-text" text-anchor="${isLeft ? 'end' : 'start'}" x="${at(x(bound) + (isLeft ? -5 : 5))}" ` +
        `y="${at(y(1) - 2)}">bound ${bound.toFixed(2)} s</text>`,
    )
  }
  parts.push(`<text class="title" x="${margin.left}" y="16">${escaped(title)}</text>`)
  parts.push(`<text class="quiet" x="${width - margin.right}" y="${height - 8}" text-anchor="end">seconds</text>`)
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">\n` +
    `<title>${escaped(title)}</title>\n<style>${style}\n</style>\n${parts.join('\n')}\n</svg>\n`
  )
}
