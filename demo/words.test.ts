import { describe, expect, test } from 'vitest'
import { type DownloadProgress, errorCodes, type PeerStats, type Stats } from '../client/api.ts'
import type { Root } from '../shared/ids.ts'
import { createFormat } from './format.ts'
import {
  errorTitle,
  facts,
  isPlain,
  offloadNote,
  type Situation,
  sentence,
  sentenceMore,
  sharingNote,
} from './words.ts'

const format = createFormat('en')
const plain = (text: string) => text.replaceAll('\u00a0', ' ')
const mib = 1024 * 1024

const progress = (changes: Partial<DownloadProgress> = {}): DownloadProgress => ({
  state: 'running',
  name: 'game.zip',
  type: 'application/zip',
  totalBytes: 100 * mib,
  doneBytes: 50 * mib,
  bytes: { peers: 30 * mib, origin: 20 * mib, store: 0 },
  verified: true,
  bytesPerSecond: 10 * mib,
  root: 'a'.repeat(64) as Root,
  chunkBytes: 65_536,
  ...changes,
})

const peer = (downBytesPerSecond: number): PeerStats => ({
  id: 'p',
  tier: 'network',
  state: 'open',
  downloaded: 0,
  uploaded: 0,
  refused: 0,
  downBytesPerSecond,
  upBytesPerSecond: 0,
  roundTripMs: 2,
})

const stats = (changes: Partial<Stats> = {}): Stats => ({
  bytes: { peers: 0, origin: 0, store: 0, uploaded: 0 },
  wastedBytes: 0,
  offload: 0,
  consent: 'granted',
  tracker: 'open',
  peers: [],
  files: [],
  ...changes,
})

const running: Situation = {
  state: 'running',
  progress: progress(),
  stats: stats({ peers: [peer(5), peer(5), peer(0)] }),
  sharing: true,
  keepsOnDevice: true,
  originBytesPerSecond: 1,
}

describe('the sentence under the bar', () => {
  test('names who sends', () => {
    expect(sentence(running, format)).toBe('Downloading from 2 visitors and the server.')
    expect(sentence({ ...running, stats: stats({ peers: [peer(5)] }), originBytesPerSecond: 0 }, format)).toBe(
      'Downloading from 1 visitor. The server rests.',
    )
  })

  test.each<[string, Partial<Situation>]>([
    ['No other visitor', { stats: stats() }],
    ['Looking for other visitors', { stats: stats({ tracker: 'connecting' }) }],
    ['tracker cannot be reached', { stats: stats({ tracker: 'waiting' }) }],
    ['Sharing is off', { stats: stats({ tracker: 'off' }), sharing: false }],
  ])('alone with the server, it says why: %s', (reason, changes) => {
    const text = sentence({ ...running, ...changes }, format)
    expect(text).toContain('Downloading from the server.')
    expect(text).toContain(reason)
  })

  test('a finished tab says that it serves, and does not when sharing is off', () => {
    expect(sentence({ ...running, state: 'done' }, format)).toContain('keeps serving')
    expect(sentence({ ...running, state: 'done', sharing: false }, format)).toContain('serves nobody')
  })

  test('a file without a manifest is never called verified', () => {
    const unverified = progress({
      verified: false,
      root: undefined,
      plainReason: 'the server answered 404',
      state: 'done',
    })
    expect(isPlain(unverified)).toBe(true)
    expect(sentence({ ...running, state: 'done', progress: unverified }, format)).not.toMatch(/is verified/)
    expect(sentenceMore({ ...running, progress: unverified }, format)).toContain('the server answered 404')
  })

  test('what stays is promised only where it is kept', () => {
    const paused: Situation = { ...running, state: 'paused' }
    expect(sentence(paused, format)).toContain('stays on this device')
    expect(sentence({ ...paused, keepsOnDevice: false }, format)).toContain('until you close this tab')
  })

  test('before the manifest came, the file is not called plain', () => {
    expect(isPlain(progress({ state: 'starting', verified: false, root: undefined }))).toBe(false)
  })

  test('tells what an earlier visit left', () => {
    const resumed = progress({ bytes: { peers: 0, origin: 0, store: 63 * mib } })
    expect(sentenceMore({ ...running, progress: resumed }, format)).toContain('Found 63% from an earlier visit')
  })
})

describe('figures', () => {
  test('amount, speed and time left', () => {
    expect(plain(facts(progress(), format))).toBe('50.0 MiB of 100 MiB · 10.0 MiB/s · 5 sec left')
  })

  test('no time left while nothing comes, or while the size is unknown', () => {
    expect(facts(progress({ bytesPerSecond: 0 }), format)).not.toContain('left')
    expect(plain(facts(progress({ totalBytes: undefined }), format))).toBe('50.0 MiB · 10.0 MiB/s')
  })

  test('offload is a share of what was delivered, the store left out', () => {
    const resumed = progress({ bytes: { peers: 30, origin: 10, store: 60 } })
    expect(offloadNote(resumed, format)).toBe('did not come from the server: 75% of what was delivered')
  })

  test('the switch tells whom the tab is connected to', () => {
    expect(sharingNote({ ...running, state: 'idle', stats: undefined }, format)).toContain('before you press')
    expect(sharingNote(running, format)).toContain('3 visitors')
    expect(sharingNote({ ...running, sharing: false }, format)).toContain('anybody but the server')
  })
})

describe('errors', () => {
  test('every code of the client has words of its own', () => {
    expect(new Set(errorCodes.map(errorTitle)).size).toBe(errorCodes.length)
  })

  test('an unknown code still gets words', () => {
    expect(errorTitle('toString')).toBe('The download stopped')
  })
})
