/**
 * Which candidates of a signal are passed on. A peer that is introduced sends STUN to each of them: whoever lists
 * addresses that are not its own makes others knock at them (the "voice hammer", RFC 8445 §19.5.1; port scans of a
 * visitor's own network). Decides from addresses alone; knows no negotiation.
 */
import {
  CandidateBudget,
  type IceCandidate,
  parseCandidate,
  printCandidate,
  withLines,
} from '../../shared/ice-candidates.ts'
import type { Signal } from '../../shared/tracker-messages.ts'
import { type AddressClass, addressClass, parseIp } from './address-class.ts'
import type { Introduction } from './introductions.ts'
import type { TrackerLimits } from './limits.ts'
import type { Peer } from './peer.ts'
import { subscriberKey } from './place.ts'

/**
 * `any`: all that there are places for. `public`: no address of a private network, unless the sender's connection comes
 * from one or the two share one; few that are not the sender's. `own`: of the others only relays that are named.
 */
export const candidatePolicies = ['any', 'public', 'own'] as const
export type CandidatePolicy = (typeof candidatePolicies)[number]

/** What one side of an introduction may still name. */
export interface CandidateSide {
  readonly all: CandidateBudget
  /** Those that are neither where its connection comes from nor a known relay. */
  readonly foreign: CandidateBudget
}

/** For two that are introduced again: what was left, and what this share of an introduction's time gives back. */
export const regainedSide = ({ all, foreign }: CandidateSide, share: number): CandidateSide => ({
  all: all.regained(share),
  foreign: foreign.regained(share),
})

/** Lines of a description that name addresses, besides `c=`. */
const addressLine = /^\s*a=(?:(candidate)|remote-candidates|rtcp):/i

/** The name that a browser gives an address of its own network (draft-ietf-mmusic-mdns-ice-candidates). */
const localName = /^[0-9a-f-]{36}\.local$/i

/** Systems give clients ports above these; below them are the services that a victim has. */
const systemPortsEnd = 1_024

export class CandidateScreen {
  readonly #policy: CandidatePolicy
  readonly #isRelay: (address: Uint8Array) => boolean
  readonly #limits: TrackerLimits

  constructor(policy: CandidatePolicy, isRelay: (address: Uint8Array) => boolean, limits: TrackerLimits) {
    this.#policy = policy
    this.#isRelay = isRelay
    this.#limits = limits
  }

  /** @returns what of a signal is passed on; what is wrong with it when nothing is */
  screened(signal: Signal, from: Peer, to: Peer, introduction: Introduction): Signal | string {
    return this.#screened(signal, this.keeper(from, to, introduction))
  }

  /** Gives each candidate of one side as it is passed on, if it is. */
  keeper(from: Peer, to: Peer, introduction: Introduction): (text: string) => string | undefined {
    introduction.candidates ??= new Map()
    let side = introduction.candidates.get(from)
    if (side === undefined) {
      side = this.#newSide()
      introduction.candidates.set(from, side)
    }
    const taking = side
    return (text) => this.#kept(text, from, to, taking)
  }

  /** Whether addresses that a description has outside its candidates are left out. */
  get hidesOthers(): boolean {
    return this.#policy !== 'any'
  }

  #newSide(): CandidateSide {
    return {
      all: new CandidateBudget(this.#limits.candidatesPerSideMax),
      foreign: new CandidateBudget(this.#limits.foreignCandidatesPerSideMax),
    }
  }

  #screened(signal: Signal, keep: (text: string) => string | undefined): Signal | string {
    const { description, candidates } = signal
    const sdp = description && this.#describedBy(description.sdp, keep)
    if (description && sdp === undefined) return 'a description of more than one section'
    return {
      ...signal,
      ...(description && { description: { ...description, sdp: sdp! } }),
      ...(candidates && {
        candidates: candidates.flatMap((one) => {
          const candidate = keep(one.candidate)
          return candidate === undefined ? [] : [{ ...one, candidate }]
        }),
      }),
    }
  }

  /**
   * Addresses that a description has outside its candidates are needed by nobody.
   * @returns undefined for one of more sections than that of our data
   */
  #describedBy(sdp: string, keep: (text: string) => string | undefined): string | undefined {
    let sections = 0
    let connectionLines = 0
    const described = withLines(sdp, (line) => {
      if (line.startsWith('m=')) sections++
      const address = addressLine.exec(line)
      if (address?.[1] !== undefined) return printed(keep(line))
      if (!this.hidesOthers) return line
      // One there must be, and a second one could only make the description longer.
      if (line.startsWith('c=IN IP')) return connectionLines++ === 0 ? 'c=IN IP4 0.0.0.0' : undefined
      return address === null ? line : undefined
    })
    return sections > 1 ? undefined : described
  }

  /** @returns the candidate as it is passed on, if it is */
  #kept(text: string, from: Peer, to: Peer, side: CandidateSide): string | undefined {
    const candidate = parseCandidate(text)
    if (this.#policy === 'any') return side.all.take(candidate?.type ?? 'host') ? text : undefined
    // Connections over TCP are of no use for browsers, which only open them, and would be to any service's port.
    if (candidate === undefined || candidate.transport !== 'udp' || candidate.port === 0) return undefined
    if (!this.#mayName(candidate, from, to, side)) return undefined
    return printCandidate({ ...candidate, tail: candidate.tail.replace(/ raddr (\S+) rport \d+/i, withoutOrigin) })
  }

  #mayName({ address, port, type }: IceCandidate, from: Peer, to: Peer, side: CandidateSide): boolean {
    if (localName.test(address)) return type === 'host' && side.all.take(type)
    const bytes = parseIp(address)
    if (bytes === undefined) return false
    if (type === 'relay' && this.#isRelay(bytes)) return side.all.take(type)
    if (subscriberKey(bytes) === from.subscriber) return side.all.take(type)
    if (this.#policy === 'own') return false
    const kind = addressClass(bytes)
    if (kind !== 'public') return isReachable(kind, from, to) && side.all.take(type)
    return port >= systemPortsEnd && this.#mayNameForeign(bytes, from, side) && side.all.take(type)
  }

  /** A host with two families of addresses or a VPN has one or two more than the tracker sees, and always the same. */
  #mayNameForeign(bytes: Uint8Array, from: Peer, side: CandidateSide): boolean {
    const key = subscriberKey(bytes)
    if (!from.foreignAddresses?.has(key)) {
      if ((from.foreignAddresses?.size ?? 0) >= this.#limits.foreignAddressesMax) return false
      from.foreignAddresses ??= new Set()
      from.foreignAddresses.add(key)
    }
    return side.foreign.take('srflx')
  }
}

const printed = (candidate: string | undefined): string | undefined => candidate && `a=${candidate.replace(/^a=/, '')}`

/** Where a candidate was found from: an address of the sender's own network, which is nobody's business. */
function withoutOrigin(_: string, address: string): string {
  const bytes = parseIp(address)
  if (bytes === undefined) return ''
  return ` raddr ${address.includes(':') ? '::' : '0.0.0.0'} rport 0`
}

/** Whether an address that is not public can be one at which the other side finds the sender. */
function isReachable(kind: AddressClass, from: Peer, to: Peer): boolean {
  if (kind === 'loopback') return from.origin === 'loopback'
  if (kind === 'never') return false
  // Behind one public address there may be one private network.
  return from.origin !== 'public' || (kind === 'private' && from.place.address === to.place.address)
}
