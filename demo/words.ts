/** What is going on, in sentences. Pure: no element, no clock. */
import type { DownloadProgress, DownloadState, ErrorCode, Stats } from '../client/api.ts'
import type { Tier } from '../shared/tracker-messages.ts'
import type { Format } from './format.ts'

/** `idle` is before the first press of Download. */
export type ViewState = 'idle' | DownloadState

export interface Situation {
  state: ViewState
  progress: DownloadProgress | undefined
  stats: Stats | undefined
  sharing: boolean
  /** False for a tab that plays a new visitor: what it has is gone when it closes. */
  keepsOnDevice: boolean
  originBytesPerSecond: number
}

export const tierWords: Record<Tier, string> = {
  address: 'Same address',
  network: 'Same network',
  isp: 'Same provider',
  region: 'Same region',
  anywhere: 'Further away',
}

/** Known only once the manifest came or failed to come. */
export const isPlain = (progress: DownloadProgress | undefined): boolean =>
  progress !== undefined &&
  !progress.verified &&
  (progress.plainReason !== undefined || (progress.state !== 'starting' && progress.root === undefined))

export function visitors(count: number, format: Format): string {
  return count === 1 ? '1 visitor' : `${format.count(count)} visitors`
}

/** Peers that send to this tab right now. */
export const sendingPeers = (stats: Stats | undefined): number =>
  stats?.peers.filter((peer) => peer.downBytesPerSecond > 0).length ?? 0

/** The line under the bar. */
export function sentence(situation: Situation, format: Format): string {
  const { state, progress, stats, sharing, originBytesPerSecond } = situation
  switch (state) {
    case 'idle':
      return 'Nothing connects before you press Download.'
    case 'starting':
      return 'Asking the server for the first bytes.'
    case 'running': {
      if (isPlain(progress)) return 'Downloading from the server, as any page would.'
      const sending = sendingPeers(stats)
      if (sending === 0) return `Downloading from the server. ${aloneBecause(stats, sharing)}`
      if (originBytesPerSecond > 0) return `Downloading from ${visitors(sending, format)} and the server.`
      return `Downloading from ${visitors(sending, format)}. The server rests.`
    }
    case 'paused':
      return isPlain(progress) ? 'Paused.' : `Paused. ${whatStays(situation)}`
    case 'done':
      if (isPlain(progress)) return 'Complete. Without a manifest nothing could be checked.'
      return `Complete: every chunk is verified. ${servingNow(situation)}`
    case 'failed':
      return `The download stopped. ${whatStays(situation)}`
    case 'cancelled':
      return `Cancelled. ${whatStays(situation)}`
  }
}

function whatStays({ progress, keepsOnDevice }: Situation): string {
  if (isPlain(progress)) return 'Without a manifest it starts from the beginning next time.'
  return keepsOnDevice
    ? 'What is here stays on this device and is not fetched again.'
    : 'What is here stays until you close this tab.'
}

function servingNow({ sharing, stats }: Situation): string {
  if (!sharing) return 'Sharing is off, so this tab serves nobody.'
  const open = stats?.tracker === 'open' || stats?.peers.some((peer) => peer.state === 'open')
  return open ? 'This tab keeps serving it while it stays open.' : 'This tab serves it as soon as it finds visitors.'
}

function aloneBecause(stats: Stats | undefined, sharing: boolean): string {
  if (!sharing) return 'Sharing is off.'
  if (stats === undefined || stats.tracker === 'connecting') return 'Looking for other visitors.'
  if (stats.tracker === 'waiting') return 'The tracker cannot be reached just now; the download needs none.'
  if (stats.peers.length > 0) return 'Other visitors are connected; none has what is missing right now.'
  return 'No other visitor has this file open.'
}

/** A second line, where there is something to tell; otherwise empty. */
export function sentenceMore({ state, progress, stats }: Situation, format: Format): string {
  if (progress === undefined) return ''
  if (isPlain(progress)) {
    const reason = progress.plainReason === undefined ? '' : ` (${progress.plainReason})`
    return `This file has no manifest${reason}. So nobody’s bytes could be checked, and none are taken from visitors.`
  }
  if (state === 'done' && stats !== undefined && stats.bytes.uploaded > 0) {
    return `${format.bytes(stats.bytes.uploaded)} sent to other visitors so far.`
  }
  const { store } = progress.bytes
  if (store > 0 && progress.totalBytes) {
    return `Found ${format.percent(store / progress.totalBytes)} from an earlier visit, checked again before use.`
  }
  return ''
}

/** Under the large percentage. */
export function facts(progress: DownloadProgress, format: Format): string {
  const { totalBytes, doneBytes, bytesPerSecond, state } = progress
  const amount =
    totalBytes === undefined ? format.bytes(doneBytes) : `${format.bytes(doneBytes)} of ${format.bytes(totalBytes)}`
  if (state !== 'running' || bytesPerSecond <= 0) return amount
  if (totalBytes === undefined) return `${amount} · ${format.rate(bytesPerSecond)}`
  const left = format.duration(((totalBytes - doneBytes) / bytesPerSecond) * 1000)
  return `${amount} · ${format.rate(bytesPerSecond)} · ${left}\u00a0left`
}

/** Under the large number of bytes that the server did not send. */
export function offloadNote({ bytes }: DownloadProgress, format: Format): string {
  const delivered = bytes.peers + bytes.origin
  if (bytes.peers === 0) {
    if (bytes.store > 0 && bytes.origin === 0) return 'came from visitors: all of it was here already'
    return 'came from visitors so far'
  }
  return `did not come from the server: ${format.percent(bytes.peers / delivered)} of what was delivered`
}

/** Beside the sharing switch. */
export function sharingNote({ state, sharing, stats }: Situation, format: Format): string {
  if (state === 'idle') return 'Nothing connects before you press Download.'
  if (!sharing) return 'No connection to anybody but the server.'
  const open = stats?.peers.filter((peer) => peer.state === 'open').length ?? 0
  const sent = stats && stats.bytes.uploaded > 0 ? `, ${format.bytes(stats.bytes.uploaded)} sent` : ''
  return open === 0 ? `No visitor is connected${sent}.` : `Connected to ${visitors(open, format)}${sent}.`
}

const errorWords: Record<ErrorCode, string> = {
  network: 'The server could not be reached',
  'http-status': 'The server refused the file',
  'corrupt-origin': 'The server sent bytes that do not match the file',
  untrusted: 'The file is not signed by who publishes it',
  'file-changed': 'The file changed on the server during the download',
  cancelled: 'The download was cancelled',
  closed: 'The download was closed',
  storage: 'The browser could not keep the bytes',
  usage: 'The page asked for something impossible',
}

/** @param code as the error carries it; one of a newer version gets general words */
export function errorTitle(code: string): string {
  return Object.hasOwn(errorWords, code) ? errorWords[code as ErrorCode] : 'The download stopped'
}
