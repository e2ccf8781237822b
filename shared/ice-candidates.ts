/**
 * ICE candidates as the texts that signals carry (RFC 8839 §5.1): each is an address that the other side will send
 * STUN to, whoever lives there. Knows their form and how many are enough, not which addresses are anybody's.
 */

export interface IceCandidate {
  /** What comes before the address: foundation, component, transport, priority. */
  readonly head: string
  readonly transport: string
  readonly address: string
  readonly port: number
  readonly type: 'host' | 'srflx' | 'prflx' | 'relay'
  /** What comes after the type, with the space before it. */
  readonly tail: string
}

const candidatePattern =
  /^(?:a=)?candidate:([\w+/-]{1,32} \d{1,5} (\w{1,10}) \d{1,10}) (\S{1,253}) (\d{1,5}) typ (host|srflx|prflx|relay)((?: [!-~]+)*)$/i

/** @returns undefined for what is no candidate: its end, a newer kind, or more than one line */
export function parseCandidate(text: string): IceCandidate | undefined {
  const match = candidatePattern.exec(text.trim())
  if (match === null) return undefined
  const [, head, transport, address, port, type, tail] = match as unknown as [string, ...string[]]
  return {
    head: head!,
    transport: transport!.toLowerCase(),
    address: address!,
    port: Number(port),
    type: type!.toLowerCase() as IceCandidate['type'],
    tail: tail!,
  }
}

export const printCandidate = ({ head, address, port, type, tail }: IceCandidate): string =>
  `candidate:${head} ${address} ${port} typ ${type}${tail}`

const lineFeed = 0x0a
const carriageReturn = 0x0d

/**
 * A description with each line as `keep` wants it, or without it. Line ends stay as they are: a description does not
 * become longer by this.
 */
export function withLines(sdp: string, keep: (line: string) => string | undefined): string {
  let kept = ''
  /** All before it is in `kept`, where it is kept. */
  let done = 0
  let next = 0
  for (let at = 0; at < sdp.length; at = next) {
    const end = lineEnd(sdp, at)
    next = end + (sdp.startsWith('\r\n', end) ? 2 : 1)
    if (end === at) continue
    const line = sdp.slice(at, end)
    const wanted = keep(line)
    if (wanted === line) continue
    kept += sdp.slice(done, at) + (wanted ?? '')
    done = wanted === undefined ? next : end
  }
  return done === 0 ? sdp : kept + sdp.slice(done)
}

/** Browsers end lines with both, and take either. */
function lineEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === lineFeed || code === carriageReturn) return at
  }
  return text.length
}

export const isCandidateLine = (line: string): boolean => /^\s*a=candidate:/i.test(line)

/** Of the candidates of one side, so many are for others than its own interfaces, which may be many. */
const publicPlaces = 2

/** How many candidates of one side are taken: the first, of which some must be what STUN or TURN found. */
export class CandidateBudget {
  readonly #countMax: number
  #left: number
  #hostsLeft: number

  constructor(countMax: number, left = countMax) {
    this.#countMax = countMax
    this.#left = left
    this.#hostsLeft = Math.max(Math.min(1, left), left - publicPlaces)
  }

  take(type: IceCandidate['type']): boolean {
    if (this.#left <= 0 || (type === 'host' && this.#hostsLeft <= 0)) return false
    if (type === 'host') this.#hostsLeft--
    this.#left--
    return true
  }

  /** What is left, and this share of all. */
  regained(share: number): CandidateBudget {
    return new CandidateBudget(
      this.#countMax,
      Math.min(this.#countMax, this.#left + Math.floor(this.#countMax * share)),
    )
  }
}
