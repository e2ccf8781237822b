/** Writes down which connections the tracker closed and why, so that nobody is named and no flood of them fills the disk. */
import type { Log } from '../../shared/log.ts'
import { TokenBucket } from '../../shared/token-bucket.ts'
import { createAddressDigest } from './addresses.ts'

export type ClosingLog = (address: Uint8Array | undefined, code: number, reason: string) => void

const linesPerSecond = 10
const linesBurst = 50

export function createClosingLog(log: Log, now: () => number): ClosingLog {
  const digestOf = createAddressDigest()
  const lines = new TokenBucket(linesPerSecond, linesBurst)
  return (address, code, reason) => {
    if (!lines.take(1, now())) return
    log.warn({ address: address && digestOf(address), code, reason }, 'tracker closed a connection')
  }
}
