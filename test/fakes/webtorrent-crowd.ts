/** A machine of the WebTorrent protocol with a clock and a handful of verbs, for tests that say what each client sees. */
import type { PeerId } from '../../shared/ids.ts'
import { createRng } from '../../shared/rng.ts'
import { Door } from '../../tracker/core/admission.ts'
import { Bans } from '../../tracker/core/bans.ts'
import { CandidateScreen } from '../../tracker/core/candidate-policy.ts'
import { Exposure } from '../../tracker/core/exposure.ts'
import { type TrackerLimits, trackerLimitsWith } from '../../tracker/core/limits.ts'
import { Load } from '../../tracker/core/load.ts'
import type { WebTorrentEffect } from '../../tracker/core/webtorrent-conduct.ts'
import { WebTorrentMachine, type WebTorrentMachineOptions } from '../../tracker/core/webtorrent-machine.ts'
import { addressBytes } from './tracker-crowd.ts'

export const hashA = 'a'.repeat(20)
export const hashB = '\u00ff\u0000"\\\u0080b'.padEnd(20, '\u00e9')

/** A name with letters that JSON writes in several ways. */
export const nameOf = (number: number): string => `-WW0107-\u0000\u00ff\u00e9${String(number).padStart(9, '0')}`

export const offerIdOf = (number: number): string => `\u0001\u0080"${String(number).padStart(17, 'o')}`

export const sdpOf = (type: string): string => `v=0\r\na=setup:${type}\r\n`

export const offersOf = (count: number, first = 0): object[] =>
  Array.from({ length: count }, (_, i) => ({
    offer: { type: 'offer', sdp: sdpOf(`offer ${first + i}`) },
    offer_id: offerIdOf(first + i),
  }))

/** What a client reads. */
export interface Told {
  action: string
  info_hash: string
  peer_id: string
  offer_id: string
  complete: number
  incomplete: number
  interval: number
  offer: { type: string; sdp: string }
  answer: { type: string; sdp: string }
  files: Record<string, { complete: number; incomplete: number; downloaded: number }>
  'failure reason': string
}

/** Effects, with each text read as JSON; of whom they are for by number. */
export type Outcome = { to: number; told?: Told; code?: number }

export class WebTorrentCrowd {
  readonly machine: WebTorrentMachine
  readonly door: Door
  now = 0
  #count = 0

  constructor(settings: Partial<TrackerLimits> = {}, options: Partial<WebTorrentMachineOptions> = {}) {
    const limits = trackerLimitsWith({
      connectionsPerAddressMax: 100_000,
      busyConnectionsPerAddressMax: 100_000,
      ...settings,
    })
    this.door = new Door(limits)
    this.machine = new WebTorrentMachine({
      rng: createRng([1, 2, 3, 4]),
      limits,
      door: this.door,
      bans: new Bans(limits),
      load: new Load(limits),
      exposure: new Exposure(limits),
      candidates: new CandidateScreen('public', () => false, limits),
      ...options,
    })
  }

  connect(address: string): number {
    const number = this.#count++
    const effects = this.machine.connect(idOf(number), addressBytes(address), undefined, this.now)
    if (effects.length > 0) throw new Error('refused')
    return number
  }

  say(number: number, message: object | string): Outcome[] {
    const text = typeof message === 'string' ? message : JSON.stringify(message)
    return outcomes(this.machine.receive(idOf(number), asBytes(text), this.now))
  }

  announce(number: number, more: object = {}, infoHash = hashA): Outcome[] {
    return this.say(number, { action: 'announce', info_hash: infoHash, peer_id: nameOf(number), ...more })
  }

  /** A new client in the swarm, without offers. */
  member(address: string, more: object = {}): number {
    const number = this.connect(address)
    this.announce(number, more)
    return number
  }

  answer(number: number, to: number, offerId: string, more: object = {}): Outcome[] {
    const answer = { type: 'answer', sdp: sdpOf('answer') }
    return this.announce(number, { to_peer_id: nameOf(to), offer_id: offerId, answer, ...more })
  }

  leave(number: number): void {
    this.machine.disconnect(idOf(number))
  }
}

const idOf = (number: number): PeerId => String(number).padStart(22, 'p') as PeerId

/** UTF-8 bytes as Latin-1 letters, as the machine takes and gives them. */
export const asBytes = (text: string): string => Buffer.from(text).toString('latin1')

export const outcomes = (effects: readonly WebTorrentEffect[]): Outcome[] =>
  effects.map((effect) => {
    const to = Number(effect.to.replace(/^p+(?=.)/, ''))
    if (effect.type === 'close') return { to, code: effect.code }
    return { to, told: JSON.parse(Buffer.from(effect.text, 'latin1').toString()) }
  })
