/** What the tracker allows, with its unit in the name and its reason beside it. Every one can be set by the operator. */
import { KiB } from '../../shared/limits.ts'
import { suggestion } from '../../shared/suggestion.ts'

export interface TrackerLimits {
  connectionsMax: number
  connectionsPerAddressMax: number
  connectionsPerSecond: number
  loopLagMaxMs: number
  resumeLifetimeMs: number
  busyConnectionsPerAddressMax: number
  busyAddressesPerNetworkMax: number
  swarmsPerConnectionMax: number
  introductionsPerPeerMax: number
  introductionLifetimeMs: number
  introductionsPerSecond: number
  introductionsBurst: number
  signalsPerIntroductionMax: number
  signalBytesPerIntroductionMax: number
  candidatesPerSideMax: number
  foreignCandidatesPerSideMax: number
  foreignAddressesMax: number
  joinsPerSecond: number
  joinsBurst: number
  signalsPerSecond: number
  signalsBurst: number
  messagesPerSecond: number
  messagesBurst: number
  bytesPerSecond: number
  bytesBurst: number
  complaintsPerSecond: number
  complaintsBurst: number
  reportsPerSecond: number
  reportsBurst: number
  reportWindowMs: number
  reportNetworksMin: number
  ticketLifetimeMs: number
  complaintWindowMs: number
  complaintNetworksMin: number
  complaintSharePercent: number
  banMs: number
  faultsPerSecond: number
  faultsBurst: number
  authorizationsPerSecond: number
  authorizationsBurst: number
  authorizeWithinMs: number
  verificationsMax: number
  verificationBytesMax: number
  tokenLifetimeMaxMs: number
  tokenGraceMs: number
  usedTokensMax: number
  connectionsPerTokenMax: number
  busyConnectionsPerTokenMax: number
  peersPerTokenMax: number
  peersPerAddressMax: number
  revealWindowMs: number
  swarmSizeMin: number
  stunAnswersPerSecond: number
  stunAnswersPerNetworkPerSecond: number
  offerLifetimeMs: number
  announceIntervalMs: number
  strikesPerBan: number
  strikeMemoryMs: number
  strikeBanMs: number
  strikeBanLongestMs: number
}

export const trackerLimits: Readonly<TrackerLimits> = {
  /** About 240 MiB of sockets and peers at the 12 KiB that one costs (bench/tracker.ts). */
  connectionsMax: 20_000,
  /** An office or a mobile carrier's gateway has hundreds behind one address; one machine that plays many has no more. */
  connectionsPerAddressMax: 256,
  /** Two thirds of what one core takes with all that follows (bench/tracker-restart.ts): the others keep their pace. */
  connectionsPerSecond: 2_000,
  /** With answers so late nobody new is let in; they get cheaper at a quarter of it. A signal's way is to stay short. */
  loopLagMaxMs: 200,
  /** A page that is open for a day and loses its connection keeps its name. */
  resumeLifetimeMs: 86_400_000,
  /** All connections of one address together take no more than so many that take all they may; few do so at a time. */
  busyConnectionsPerAddressMax: 64,
  /** A network (/24, or /48 of IPv6) takes as much as so many full addresses: some have thousands, at no cost. */
  busyAddressesPerNetworkMax: 16,
  /** As many swarms as one link can carry (shared/limits.ts, slotCountMax). */
  swarmsPerConnectionMax: 64,
  /** Caps what one peer is called, and what it costs here: the sole seed of a flash crowd is spared after these. */
  introductionsPerPeerMax: 96,
  /** Gathering, an offer, an answer and late candidates take a few seconds; a phone that wakes up may take ten. */
  introductionLifetimeMs: 30_000,
  /** A peer that wants eight others a few times a minute needs less than one a second. One that harvests gets no more. */
  introductionsPerSecond: 1,
  introductionsBurst: 100,
  /** Offer, answer and coalesced candidates are about 4 to 8 signals; both sides share these. */
  signalsPerIntroductionMax: 32,
  signalBytesPerIntroductionMax: 64 * KiB,
  /** Each candidate is an address that the other side will send STUN to: more is a port scan (RFC 8445 §19.5). */
  candidatesPerSideMax: 8,
  /** A VPN beside the line that the tracker sees, and IPv6 beside IPv4, each with a port for two interfaces. */
  foreignCandidatesPerSideMax: 4,
  /** In a connection's life: a host's addresses stay the same, those of victims are many. */
  foreignAddressesMax: 4,
  joinsPerSecond: 2,
  /** A page with several files joins them together. */
  joinsBurst: 20,
  signalsPerSecond: 20,
  /** Eight negotiations started together, at most eight signals each. */
  signalsBurst: 60,
  /** Everything a client sends, whatever it is, control frames included. */
  messagesPerSecond: 40,
  messagesBurst: 160,
  /** Twice what 20 signals a second with an offer of 1.5 KiB weigh. */
  bytesPerSecond: 64 * KiB,
  /** A full burst of signals, each with a large offer and its candidates. */
  bytesBurst: 512 * KiB,
  /** A client has about eight links; all of them may turn out to be liars, but not again and again. */
  complaintsPerSecond: 0.1,
  complaintsBurst: 8,
  /** A client gathers what it has to report for some seconds; a crowd of files may make it do so more often for a while. */
  reportsPerSecond: 0.5,
  reportsBurst: 20,
  /** A peer that could not be reached for so long may have moved, or its network may have been mended. */
  reportWindowMs: 600_000,
  /** One network may have a fault of its own and two may be one person's. */
  reportNetworksMin: 3,
  /** Links live as long as pages are open; what an hour-old link does wrong is seldom new. */
  ticketLifetimeMs: 3_600_000,
  /** Complaints that are to count together come within this time: a liar's victims find out within minutes. */
  complaintWindowMs: 600_000,
  /** One network may lie and two may be one person's; and nobody is banned by a few of the many whom it served. */
  complaintNetworksMin: 3,
  complaintSharePercent: 10,
  /** Long enough for a download to end without the banned; a household or carrier behind one address gets over it. */
  banMs: 900_000,
  /** A client with an error is told so a few times; one that goes on is closed, so a flood earns few answers. */
  faultsPerSecond: 0.2,
  faultsBurst: 20,
  /** A client shows a token when it connects and before that runs out; another now and then when one was refused. */
  authorizationsPerSecond: 0.1,
  authorizationsBurst: 5,
  /** A page fetches its token while it connects; what has none after that only takes a place. */
  authorizeWithinMs: 10_000,
  /** A few milliseconds of work for each core; each waits a second at most when half of them come at once. */
  verificationsMax: 10_000,
  /** And their memory: ten thousand of the usual 300 characters are 3 MB. */
  verificationBytesMax: 8 * 1024 * KiB,
  /** A token that is stolen, or whose bearer is no longer welcome, is of use until it runs out. */
  tokenLifetimeMaxMs: 3_600_000,
  /** A phone in a tunnel, a backend that is slow: a mesh is not cut for that. */
  tokenGraceMs: 30_000,
  /** About 20 MB. Without room for one more, a token with limited uses is refused. */
  usedTokensMax: 100_000,
  /** A visitor's tabs and devices. */
  connectionsPerTokenMax: 8,
  /** All connections of one token together take no more than so many that take all they may: tabs seldom start together. */
  busyConnectionsPerTokenMax: 2,
  /**
   * Eight links at the start, one replaced a minute, as many calls from others, and a third that fail: about 50 in a
   * download of ten minutes. One that harvests addresses gets no more.
   */
  peersPerTokenMax: 64,
  /** 0 is no limit: a carrier has thousands of visitors behind one address, each of whom needs as many. */
  peersPerAddressMax: 0,
  /** In which these peers are counted. */
  revealWindowMs: 600_000,
  /** Peers of a smaller swarm are named to nobody; 0 names them all. */
  swarmSizeMin: 0,
  /** Twenty thousand visitors with a few new connections a minute each, and their keep-alives; about a tenth of a core. */
  stunAnswersPerSecond: 5_000,
  /** Several hundred visitors behind one address; for somebody who never asked, 8 KB/s that he would not notice. */
  stunAnswersPerNetworkPerSecond: 250,
  /** WebTorrent clients take their offers back after 50 s. */
  offerLifetimeMs: 60_000,
  /** What WebTorrent clients are told to wait between two announces; other trackers say the same. */
  announceIntervalMs: 120_000,
  /** Connections closed for their faults before their address is kept out; one or two are somebody's experiment. */
  strikesPerBan: 3,
  strikeMemoryMs: 600_000,
  /** At first a moment, which ends a loop and is hardly noticed by others behind the address; then twice as long each time. */
  strikeBanMs: 10_000,
  strikeBanLongestMs: 900_000,
}

export const limitNames = Object.keys(trackerLimits) as readonly (keyof TrackerLimits)[]

/** Of these, 0 means that there is no such limit. */
export const limitsWithZero: readonly (keyof TrackerLimits)[] = [
  'peersPerTokenMax',
  'peersPerAddressMax',
  'swarmSizeMin',
]

/** Fills in what was not set. @throws Error that names the setting, the value and what would be right */
export function trackerLimitsWith(settings: Partial<TrackerLimits>): TrackerLimits {
  const limits: TrackerLimits = { ...trackerLimits }
  for (const name of Object.keys(settings)) checkName(name, limitNames)
  for (const name of limitNames) {
    const value = settings[name]
    if (value === undefined) continue
    if (name.endsWith('PerSecond')) checkSetting(name, value, Number.isFinite(value) && value > 0, 'a number above 0')
    else if (name.endsWith('Percent')) checkSetting(name, value, isPercent(value), 'a whole number from 1 to 100')
    else if (!limitsWithZero.includes(name) || value !== 0) checkWhole(name, value)
    limits[name] = value
  }
  return limits
}

const isPercent = (value: number) => Number.isSafeInteger(value) && value >= 1 && value <= 100

/** The tracker is made with these; all others can change while it runs. */
export const lastingLimits: readonly (keyof TrackerLimits)[] = [
  'connectionsMax',
  'connectionsPerSecond',
  'loopLagMaxMs',
  'resumeLifetimeMs',
  'ticketLifetimeMs',
  'complaintWindowMs',
  'tokenLifetimeMaxMs',
  'usedTokensMax',
  'peersPerTokenMax',
  'peersPerAddressMax',
  'revealWindowMs',
  'stunAnswersPerSecond',
  'stunAnswersPerNetworkPerSecond',
]

/**
 * What holds once these are changed, of a tracker that runs.
 * @throws Error that names the setting, the value and what would be right
 */
export function changedLimits(limits: TrackerLimits, settings: Partial<TrackerLimits>): TrackerLimits {
  const changed = trackerLimitsWith({ ...limits, ...settings })
  for (const name of lastingLimits) {
    checkSetting(name, changed[name], changed[name] === limits[name], `what the tracker was made with, ${limits[name]}`)
  }
  return changed
}

type Rate = { [K in keyof TrackerLimits]: K extends `${infer Name}Burst` ? Name : never }[keyof TrackerLimits]

/** What a client hears that goes beyond a rate. @param noun what the rate counts, where it is not called so */
export function rateText(limits: TrackerLimits, rate: Rate, noun: string = rate): string {
  return `at most ${limits[`${rate}Burst`]} ${noun} at once and ${limits[`${rate}PerSecond`]} a second`
}

export function checkWhole(name: string, value: number): void {
  checkSetting(name, value, Number.isSafeInteger(value) && value >= 1, 'a whole number of at least 1')
}

/** @throws Error that names what is none of `names`; its value may be meant for a secret, and is not repeated */
export function checkName(name: string, names: readonly string[]): void {
  if (names.includes(name)) return
  throw new Error(`tracker setting ${name}: there is none of this name${suggestion(name, names)}`)
}

/** @throws Error that names the setting, the value and what would be right */
export function checkSetting(name: string, value: unknown, isRight: boolean, right: string): void {
  if (isRight) return
  throw new Error(`tracker setting ${name}: ${shown(value)} is not ${right}`)
}

/** A value in an error. What would be long, or no text at all, is named by its kind. */
function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string') ? JSON.stringify(value) : 'this list'
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
