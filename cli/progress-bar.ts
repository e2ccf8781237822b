/** One line at the foot of a terminal while a file is fetched: how much, how fast, from whom, how long still. */
import type { SaveProgress } from '../client/node.ts'
import { count, type Terminal } from './live-line.ts'
import { formatBytes, formatDuration, formatRate } from './quantity.ts'

/** Redrawn at most this often: a terminal over a slow line shows no more. */
const redrawMs = 100

/** Rates are those of about this much time. */
const windowMs = 3_000

const barWidth = 20

const eraseLine = '\r\u001b[2K'

/** @param bytesPerSecond undefined until it is known */
export function formatProgress(progress: SaveProgress, bytesPerSecond: number | undefined): string {
  const { state, totalBytes, doneBytes, bytes, peers, plainReason } = progress
  if (state === 'checking') return `checking ${formatBytes(doneBytes)}`
  if (state === 'lingering') return `done; ${count(peers, 'peer')}, ${formatBytes(progress.uploadedBytes)} sent`
  const share = totalBytes ? doneBytes / totalBytes : undefined
  const filled = Math.round((share ?? 0) * barWidth)
  const delivered = bytes.peers + bytes.origin
  const parts = [
    share === undefined
      ? undefined
      : `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] ${Math.floor(share * 100)} %`,
    totalBytes === undefined ? formatBytes(doneBytes) : `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`,
    bytesPerSecond === undefined ? undefined : formatRate(bytesPerSecond),
    bytesPerSecond && totalBytes !== undefined
      ? `${formatDuration(((totalBytes - doneBytes) * 1000) / bytesPerSecond)} left`
      : undefined,
    plainReason !== undefined
      ? 'plain HTTP'
      : `${delivered === 0 ? 0 : Math.round((100 * bytes.peers) / delivered)} % from ${count(peers, 'peer')}`,
  ]
  return parts.filter((part) => part !== undefined).join('  ·  ')
}

export class ProgressBar {
  readonly #terminal: Terminal
  readonly #now: () => number
  #samples: { atMs: number; bytes: number }[] = []
  #drawnAtMs = Number.NEGATIVE_INFINITY
  #isShown = false

  constructor(terminal: Terminal, now: () => number) {
    this.#terminal = terminal
    this.#now = now
  }

  draw(progress: SaveProgress): void {
    const atMs = this.#now()
    if (atMs - this.#drawnAtMs < redrawMs) return
    this.#drawnAtMs = atMs
    const bytes = progress.bytes.peers + progress.bytes.origin
    this.#samples.push({ atMs, bytes })
    while (this.#samples[0]!.atMs < atMs - windowMs) this.#samples.shift()
    const first = this.#samples[0]!
    const rate = atMs > first.atMs ? ((bytes - first.bytes) * 1000) / (atMs - first.atMs) : undefined
    // A line that wraps cannot be erased, and one that fills the last column wraps on some terminals.
    const line = formatProgress(progress, rate).slice(0, Math.max(0, this.#terminal.columns - 1))
    this.#terminal.write(`${eraseLine}${line}`)
    this.#isShown = true
  }

  /** Takes the line away: what follows is printed in its place. */
  erase(): void {
    if (this.#isShown) this.#terminal.write(eraseLine)
    this.#isShown = false
  }
}
