/** One line at the foot of a terminal, redrawn once a second; other output passes above it. Knows no program. */
import { formatBytes, formatRate } from './quantity.ts'

export interface LiveNumbers {
  peers: number
  swarms: number
  bytesSent: number
  activeResponses: number
}

/** What the line needs of a terminal. */
export interface Terminal {
  write(text: string): void
  readonly columns: number
}

const redrawMs = 1000

/** Rates are over this many redraws: one alone jumps with every chunk. */
const rateSamplesMax = 4

const eraseLine = '\r\u001b[2K'

export const count = (amount: number, one: string): string => `${amount} ${amount === 1 ? one : `${one}s`}`

export function formatLive(numbers: LiveNumbers, bytesPerSecond: number): string {
  const { peers, swarms, bytesSent, activeResponses } = numbers
  return [
    swarms === 0 ? 'no peers' : `${count(peers, 'peer')} in ${count(swarms, 'swarm')}`,
    `origin sent ${formatBytes(bytesSent)}`,
    formatRate(bytesPerSecond),
    count(activeResponses, 'response'),
  ].join('  ·  ')
}

export class LiveLine<Numbers extends { bytesSent: number }> {
  private readonly terminal: Terminal
  private readonly read: () => Numbers
  private readonly now: () => number
  private readonly format: (numbers: Numbers, bytesPerSecond: number) => string
  private samples: { atMs: number; bytesSent: number }[] = []
  private shown = ''
  private timer: NodeJS.Timeout | undefined

  constructor(
    terminal: Terminal,
    read: () => Numbers,
    now: () => number,
    format: (numbers: Numbers, bytesPerSecond: number) => string,
  ) {
    this.format = format
    this.terminal = terminal
    this.read = read
    this.now = now
  }

  start(): void {
    this.draw()
    this.timer = setInterval(() => this.draw(), redrawMs)
    this.timer.unref()
  }

  /** Writes whole lines above the live one. */
  print(text: string): void {
    this.terminal.write(`${this.shown === '' ? '' : eraseLine}${text}\n${this.shown}`)
  }

  draw(): void {
    const numbers = this.read()
    this.samples.push({ atMs: this.now(), bytesSent: numbers.bytesSent })
    if (this.samples.length > rateSamplesMax) this.samples.shift()
    const first = this.samples[0]!
    const last = this.samples.at(-1)!
    const elapsedMs = last.atMs - first.atMs
    const rate = elapsedMs > 0 ? ((last.bytesSent - first.bytesSent) * 1000) / elapsedMs : 0
    // A line that wraps cannot be erased, and one that fills the last column wraps on some terminals.
    this.shown = this.format(numbers, rate).slice(0, Math.max(0, this.terminal.columns - 1))
    this.terminal.write(`${eraseLine}${this.shown}`)
  }

  /** Leaves the last numbers where they are. */
  stop(): void {
    clearInterval(this.timer)
    if (this.shown !== '') this.terminal.write('\n')
    this.shown = ''
  }
}
