import { describe, expect, it } from 'vitest'
import type { SaveProgress } from '../client/node.ts'
import { formatProgress, ProgressBar } from './progress-bar.ts'

const MiB = 1024 * 1024
const running: SaveProgress = {
  state: 'running',
  totalBytes: 8 * MiB,
  doneBytes: 4 * MiB,
  bytes: { peers: 3 * MiB, origin: 1 * MiB, store: 0 },
  uploadedBytes: 0,
  peers: 2,
}

describe('the progress of a download in one line', () => {
  it.each([
    [running, MiB, '[##########..........] 50 %  ·  4 MiB of 8 MiB  ·  1 MiB/s  ·  4 s left  ·  75 % from 2 peers'],
    [running, undefined, '[##########..........] 50 %  ·  4 MiB of 8 MiB  ·  75 % from 2 peers'],
    [{ ...running, totalBytes: undefined, plainReason: 'no manifest' }, MiB, '4 MiB  ·  1 MiB/s  ·  plain HTTP'],
    [{ ...running, state: 'checking' as const, doneBytes: 8 * MiB }, MiB, 'checking 8 MiB'],
    [{ ...running, state: 'lingering' as const, uploadedBytes: MiB, peers: 1 }, 0, 'done; 1 peer, 1 MiB sent'],
    [{ ...running, totalBytes: 0, doneBytes: 0 }, undefined, '0 B of 0 B  ·  75 % from 2 peers'],
  ])('%#', (progress, rate, line) => {
    expect(formatProgress(progress, rate)).toBe(line)
  })
})

it('[D9] is redrawn in its place, at most ten times a second, and taken away at the end', () => {
  let nowMs = 0
  const written: string[] = []
  const bar = new ProgressBar({ columns: 30, write: (text) => written.push(text) }, () => nowMs)
  bar.draw(running)
  nowMs = 50
  bar.draw(running)
  nowMs = 1_000
  bar.draw({ ...running, doneBytes: 5 * MiB, bytes: { ...running.bytes, peers: 4 * MiB } })
  bar.erase()
  bar.erase()
  expect(written).toEqual([
    '\r\u001b[2K[##########..........] 50 %  ',
    '\r\u001b[2K[#############.......] 62 %  ',
    '\r\u001b[2K',
  ])
})
