/**
 * What `nearcast doctor` looks at, in the order in which a client needs it: what fails early explains what fails late.
 * Every check stands for itself; what cannot be looked at because of an earlier one is skipped.
 */
import { randomBytes } from 'node:crypto'
import type { PeerId, SwarmId } from '../../shared/ids.ts'
import type { Signal, TrackerMessage } from '../../shared/tracker-messages.ts'
import { trackerPath } from '../../tracker/main.ts'
import { type Finding, found } from './finding.ts'
import { checkTls, hostOf, isLocal, isSecure, lookUp, reach } from './reach.ts'
import { joinFinding, refusedFinding, tokenFinding, unwelcomeFinding } from './refusals.ts'
import { forwardedRemedy, idleRemedy, silenceRemedy, spoofRemedy, trustRemedy } from './remedies.ts'
import { stunFinding } from './stun.ts'
import { type Refused, statusText, Visit } from './visit.ts'

export interface ExaminationOptions {
  /** The tracker's own URL, ws: or wss:. */
  url: URL
  /** What a browser would say of the page. */
  origin: string
  /** Shown before anything is joined. */
  token: string | undefined
  /** One that is nobody's by default. */
  swarm: SwarmId | undefined
  /** How long an answer may take. */
  patienceMs: number
  /** For how long a connection is kept quiet; not at all when undefined. */
  quietMs: number | undefined
  /** Told each finding as soon as it is there. */
  tell(finding: Finding): void
}

/** An address of class E (RFC 1112 §4), which no client has: only who is believed without reason can seem to be there. */
const impossibleAddress = '240.0.0.1'

/** A page that no site has (RFC 6761 §6.4). */
const strangeOrigin = 'https://nearcast-doctor.invalid'

/** As long as a long offer with its candidates, so that a filter which minds the length of messages is noticed. */
const offerLength = 3_000

function authorize(visit: Visit, token: string) {
  visit.say({ type: 'authorize', token })
  return visit.hears('authorized', 'refused')
}

const isVisit = (result: Visit | Refused): result is Visit => result instanceof Visit

/** `https://example.org` is the site, and its tracker below it; a whole path is the tracker's own. */
export function trackerUrlOf(text: string): URL {
  const url = new URL(text)
  url.protocol = isSecure(url) ? 'wss:' : 'ws:'
  if (url.pathname === '/' && /^https?:/.test(text)) url.pathname = trackerPath
  url.hash = ''
  return url
}

/** As it is printed, which is shown to others: a password or a query is not for them. */
export const shownUrlOf = ({ origin, pathname }: URL): string => `${origin}${pathname}`

export class Examination {
  readonly #options: ExaminationOptions
  readonly findings: Finding[] = []
  #isTlsGood = true
  /** Whether nobody reads along, so that what is secret may be said. */
  #isSafe = false

  constructor(options: ExaminationOptions) {
    this.#options = options
  }

  async run(): Promise<readonly Finding[]> {
    if (!(await this.#reach())) return this.findings
    await this.#health()
    const visit = await this.#open()
    if (visit === undefined) return this.findings
    const welcome = await this.#welcome(visit)
    if (welcome !== undefined) {
      await this.#token(visit)
      await this.#control(visit)
      await this.#address(welcome)
      await this.#strangers()
      await this.#introduction(visit)
      // Where tokens are needed they are for who has shown one.
      const named = visit.heard('servers') ?? welcome
      this.#add(await stunFinding(hostOf(this.#options.url), named, this.#options.patienceMs))
      await this.#idle(visit, welcome)
    }
    visit.close()
    return this.findings
  }

  #add(finding: Finding): void {
    this.findings.push(finding)
    this.#options.tell(finding)
  }

  async #reach(): Promise<boolean> {
    const { url, patienceMs } = this.#options
    const { finding, addresses } = await lookUp(url)
    this.#add(finding)
    if (addresses.length === 0) return false
    const reached = await reach(url, addresses, patienceMs)
    this.#add(reached)
    if (reached.verdict === 'fault') return false
    const tls = await checkTls(url, patienceMs)
    this.#add(tls)
    this.#isTlsGood = tls.verdict !== 'fault' || !isSecure(url)
    this.#isSafe = isSecure(url) ? this.#isTlsGood : isLocal(url)
    return true
  }

  async #health(): Promise<void> {
    const { url, patienceMs } = this.#options
    if (!this.#isTlsGood) return this.#add(found('health', 'skipped', 'not without a good certificate'))
    const ready = new URL(
      url.pathname.endsWith(trackerPath) ? url.pathname.replace(/tracker$/, 'ready') : '/.nearcast/ready',
      url,
    )
    ready.protocol = isSecure(url) ? 'https:' : 'http:'
    try {
      const response = await fetch(ready, { signal: AbortSignal.timeout(patienceMs), redirect: 'manual' })
      const text = (await response.text()).trim()
      if (response.status === 200 && text === 'ready') this.#add(found('health', 'ok', 'the server is ready'))
      else if (response.status === 503 && /^[a-z]+$/.test(text)) {
        this.#add(found('health', 'warning', `the server takes no visitors now: ${text}`, ['Look again in a minute.']))
      } else {
        const says = `${ready.pathname} answers ${statusText(response.status)}: not seen from outside, which may be meant`
        this.#add(found('health', 'skipped', says))
      }
    } catch {
      this.#add(
        found('health', 'warning', `${ready.pathname} does not answer`, ['Does the proxy pass plain HTTP requests?']),
      )
    }
  }

  #visit(origin = this.#options.origin, headers: Record<string, string> = {}): Promise<Visit | Refused> {
    const { url, patienceMs } = this.#options
    const asked = new URL(url)
    asked.search = '?doctor'
    return Visit.open(asked, { origin, patienceMs, headers, isSafe: this.#isSafe })
  }

  async #open(): Promise<Visit | undefined> {
    const result = await this.#visit()
    if (isVisit(result)) {
      this.#add(found('upgrade', 'ok', 'the WebSocket opens, with its subprotocol'))
      return result
    }
    this.#add(refusedFinding(result))
    return undefined
  }

  async #welcome(visit: Visit): Promise<(TrackerMessage & { type: 'welcome' }) | undefined> {
    const heard = await visit.hears('welcome', 'refused', 'busy')
    if (heard?.type === 'welcome') {
      this.#add(found('welcome', 'ok', 'the tracker lets this client in'))
      return heard
    }
    this.#add(unwelcomeFinding(heard, visit, this.#options.origin))
    return undefined
  }

  /** Only on a connection that nobody reads along, and without a word of it in what is told. */
  async #token(visit: Visit): Promise<void> {
    const { token } = this.#options
    if (token === undefined) return
    if (!this.#isSafe) {
      return this.#add(found('token', 'skipped', 'not shown: no secret goes over a connection that is not safe'))
    }
    this.#add(tokenFinding(await authorize(visit, token)))
  }

  async #control(visit: Visit): Promise<void> {
    if (await visit.isAnswering()) this.#add(found('ping', 'ok', 'control frames go both ways'))
    else
      this.#add(found('ping', 'fault', 'a ping is not answered: the tracker’s own cannot come either', silenceRemedy))
  }

  async #address({ seen }: TrackerMessage & { type: 'welcome' }): Promise<void> {
    if (seen === undefined) {
      return this.#add(found('address', 'skipped', 'this tracker does not say how it sees clients'))
    }
    const { url } = this.#options
    const spoofed = await this.#visit(undefined, { 'X-Forwarded-For': impossibleAddress })
    const welcome = isVisit(spoofed) ? await spoofed.hears('welcome', 'refused', 'busy') : undefined
    if (isVisit(spoofed)) spoofed.close()
    const { address, forwarded, trusted } = seen
    const isSpoofed = welcome?.type === 'welcome' && welcome.seen?.address === 'never'
    if (isSpoofed && address === 'loopback' && isLocal(url)) {
      const says = 'this machine is believed itself: look from another one whether visitors can choose their address'
      this.#add(found('address', 'skipped', says))
    } else if (isSpoofed) {
      this.#add(found('address', 'fault', 'a client can choose its own address', spoofRemedy))
    } else if (forwarded && !trusted) {
      this.#add(found('address', 'fault', 'the tracker does not believe the proxy before it', trustRemedy))
    } else if (!forwarded && address !== 'public' && !isLocal(url)) {
      this.#add(
        found('address', 'warning', `the tracker sees a ${address} address, and no X-Forwarded-For`, [
          'Nothing is wrong when this machine and the tracker are in one network. If a proxy is between them:',
          ...forwardedRemedy,
        ]),
      )
    } else {
      const way = forwarded ? 'through a proxy that it believes' : 'directly'
      this.#add(found('address', 'ok', `the tracker sees a ${address} address, ${way}`))
    }
  }

  /** Whether pages of other sites may use the tracker: either may be meant. */
  async #strangers(): Promise<void> {
    const result = await this.#visit(strangeOrigin)
    const heard = isVisit(result) ? await result.hears('welcome', 'refused', 'busy') : undefined
    if (isVisit(result)) result.close()
    if (heard?.type === 'welcome') {
      this.#add(found('origin', 'ok', `pages of ${this.#options.origin} may connect, and those of any other site`))
    } else {
      this.#add(found('origin', 'ok', `pages of ${this.#options.origin} may connect, those of strangers may not`))
    }
  }

  /** Two clients join one swarm: the second is told of the first, and what it sends arrives. */
  async #introduction(first: Visit): Promise<void> {
    const result = await this.#visit()
    if (!isVisit(result)) return this.#add(found('peers', 'fault', 'a second connection does not open', []))
    this.#add(await this.#introduce(first, result))
    result.close()
  }

  async #introduce(first: Visit, second: Visit): Promise<Finding> {
    const swarm = this.#options.swarm ?? (randomBytes(20).toString('hex') as SwarmId)
    const own = await second.hears('welcome', 'refused', 'busy')
    if (own?.type !== 'welcome') return unwelcomeFinding(own, second, this.#options.origin)
    if (this.#options.token !== undefined && this.#isSafe) await authorize(second, this.#options.token)
    first.say({ type: 'join', swarm, have: 1, want: 0 })
    const joined = await first.hears('peers', 'refused')
    if (joined?.type !== 'peers') return joinFinding(joined)
    second.say({ type: 'join', swarm, have: 0, want: 1 })
    const told = await second.hears('peers', 'refused')
    if (told?.type !== 'peers') return joinFinding(told)
    const [peer] = told.peers
    if (peer === undefined) {
      return found('peers', 'warning', 'two clients of one swarm were not introduced', [
        'A tracker may withhold small swarms, or keep clients apart by its scope; if this one does not, look at its log.',
      ])
    }
    return this.#signal(first, second, own.id, peer.id)
  }

  async #signal(first: Visit, second: Visit, own: PeerId, to: PeerId): Promise<Finding> {
    const sdp = `v=0\r\na=nearcast-doctor:${'x'.repeat(offerLength)}\r\n`
    const signal: Signal = { session: 'doctor', description: { type: 'offer', sdp } }
    second.say({ type: 'signal', to, signal })
    const heard = await first.hears('signal')
    if (heard?.from === own && heard.signal.description?.sdp === sdp) {
      return found('peers', 'ok', 'two clients are introduced, and a signal goes from one to the other')
    }
    return found('peers', 'fault', 'a signal of 3 KB from one client does not reach the other', [
      'If short messages arrive, a filter between here and the tracker minds the length of WebSocket messages.',
    ])
  }

  async #idle(visit: Visit, { seen }: TrackerMessage & { type: 'welcome' }): Promise<void> {
    const { quietMs } = this.#options
    const heartbeatMs = seen?.heartbeatMs
    if (quietMs === undefined) {
      const says =
        heartbeatMs === undefined
          ? 'not looked at: --slow keeps a connection quiet for longer than a minute'
          : `the tracker pings every ${heartbeatMs / 1000} s; --slow sees whether that keeps a connection`
      return this.#add(found('idle', 'skipped', says))
    }
    const before = visit.pings
    await visit.keepQuiet(quietMs)
    const pings = visit.pings - before
    const seconds = Math.round(quietMs / 1000)
    const remedy = idleRemedy(Math.ceil((heartbeatMs ?? 30_000) / 1000))
    if (visit.closing !== undefined) {
      this.#add(
        found('idle', 'fault', `a quiet connection is ended within ${seconds} s (${visit.closing.code})`, remedy),
      )
    } else if (pings === 0) {
      this.#add(found('idle', 'fault', `no ping of the tracker came within ${seconds} s`, silenceRemedy))
    } else
      this.#add(found('idle', 'ok', `a quiet connection lives for ${seconds} s, with ${pings} pings of the tracker`))
  }
}
