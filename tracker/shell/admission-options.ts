/**
 * What the operator says about who may use a tracker, made into what decides it: pages of which sites, which swarms,
 * tokens by which key. Refuses what does not go together.
 */
import type { SwarmId } from '../../shared/ids.ts'
import type { Log } from '../../shared/log.ts'
import { checkSetting, type TrackerLimits } from '../core/limits.ts'
import { parseSwarmEntry, SwarmList } from '../core/swarm-list.ts'
import { coversOrigin, isWebOrigin } from '../core/web-origins.ts'
import { openTokenKey, type TokenKeySettings, tokenKeyNames } from './token-keys.ts'
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts'
import { type OpenFile, WatchedFile } from './watched-file.ts'

export interface AdmissionOptions extends TokenKeySettings {
  /** `open`: whoever comes may join what is served. `token`: only who shows a token that is for the swarm. */
  admission?: 'open' | 'token'
  /** The sites whose pages may connect, like `https://example.org` or `https://*.example.org`. All by default. */
  origins?: readonly string[]
  /** The swarms that are served: names of 40 digits, or the beginnings of names and a `*`. All by default. */
  swarms?: readonly string[]
  /** A file with such names, one a line, that is read again whenever it changes. */
  swarmsFile?: string
  /** How often files are looked at, in milliseconds. 5,000 by default. */
  fileRecheckMs?: number
}

export interface AdmissionRules {
  /** Whether pages of this web origin may connect; what names none is no page, and nothing is known of it. */
  mayConnect(webOrigin: string | undefined): boolean
  serves(swarm: SwarmId): boolean
  /** Pages of other sites than before may connect; those that have stay. @throws Error that names a wrong one */
  admitPagesOf(origins: readonly string[] | undefined): void
  /** Where tokens are needed. */
  verifier: TokenVerifier | undefined
  readonly files: readonly OpenFile[]
  close(): void
}

export interface AdmissionSurroundings {
  limits: TrackerLimits
  log: Log
  /** Milliseconds on a clock that never goes back, and since 1970. */
  now: () => number
  wallNow: () => number
  /** Which swarms the program itself serves. */
  serves: ((swarm: SwarmId) => boolean) | undefined
  /** Other swarms are served than before. */
  servesAnew: () => void
}

/** A million names and what is written beside them. */
const swarmsFileBytesMax = 64 * 1024 * 1024

const swarmEntryRight = "a swarm's name of 40 digits, or 4 or more of its first digits and a *"

/** @throws Error that names a wrong setting, its value and what would be right */
export function openAdmission(options: AdmissionOptions, surroundings: AdmissionSurroundings): AdmissionRules {
  const { admission = 'open' } = options
  let { origins } = options
  checkSetting('admission', admission, admission === 'open' || admission === 'token', 'open or token')
  checkOrigins(origins)
  const { limits, log, now, wallNow, serves = () => true, servesAnew } = surroundings
  const { fileRecheckMs: recheckMs } = options
  const keyName = tokenKeyNames.find((name) => options[name] !== undefined)
  if (admission === 'open' && keyName !== undefined) {
    throw new Error(`tracker setting ${keyName}: tokens are not looked at with admission open; set admission to token`)
  }
  const lists = openSwarmLists(options, log, servesAnew)
  const isListed = (swarm: SwarmId) => lists.length === 0 || lists.some((list) => list.current.has(swarm))
  const files: OpenFile[] = lists.flatMap(({ file }) => file ?? [])
  let verifier: TokenVerifier | undefined
  try {
    if (admission === 'token') {
      const [key, file] = openTokenKey(options, { log, now, recheckMs })
      if (file !== undefined) files.push(file)
      verifier = createTokenVerifier({ key, lifetimeMaxMs: limits.tokenLifetimeMaxMs, wallNow })
    }
  } catch (error) {
    for (const file of files) file.close()
    throw error
  }
  return {
    mayConnect: (webOrigin) =>
      origins === undefined || webOrigin === undefined || origins.some((one) => coversOrigin(one, webOrigin)),
    admitPagesOf(others) {
      checkOrigins(others)
      origins = others
    },
    serves: (swarm) => isListed(swarm) && serves(swarm),
    verifier,
    files,
    close() {
      for (const file of files) file.close()
    },
  }
}

function checkOrigins(origins: readonly string[] = []): void {
  for (const [i, origin] of origins.entries()) {
    checkSetting(`origins[${i}]`, origin, isWebOrigin(origin), 'a web origin such as https://example.org')
  }
}

interface OpenList {
  readonly current: SwarmList
  readonly file?: OpenFile
}

/** The list that is in the settings, and the one in a file: a swarm of either is served. */
function openSwarmLists(options: AdmissionOptions, log: Log, servesAnew: () => void): OpenList[] {
  const { swarms, swarmsFile, fileRecheckMs: recheckMs } = options
  const lists: OpenList[] = []
  if (swarms !== undefined) {
    for (const [i, entry] of swarms.entries()) {
      checkSetting(`swarms[${i}]`, entry, parseSwarmEntry(entry) !== undefined, swarmEntryRight)
    }
    lists.push({ current: listOf(swarms) })
  }
  if (swarmsFile !== undefined) {
    const file = new WatchedFile({
      setting: 'swarmsFile',
      path: swarmsFile,
      bytesMax: swarmsFileBytesMax,
      read: parseSwarmsFile,
      changed: servesAnew,
      recheckMs,
      log,
    })
    lists.push({
      get current() {
        return file.content
      },
      file,
    })
  }
  return lists
}

/** One name or prefix a line; what follows a `#` is for people. @throws Error that names the line that is wrong */
function parseSwarmsFile(bytes: Buffer): SwarmList {
  const entries: string[] = []
  for (const [i, line] of bytes.toString('utf8').split('\n').entries()) {
    const entry = line.split('#', 1)[0]!.trim()
    if (entry === '') continue
    if (parseSwarmEntry(entry) === undefined) throw new Error(`line ${i + 1} is not ${swarmEntryRight}`)
    entries.push(entry)
  }
  return listOf(entries)
}

function listOf(entries: readonly string[]): SwarmList {
  const names: SwarmId[] = []
  const prefixes: string[] = []
  for (const entry of entries) {
    const read = parseSwarmEntry(entry)!
    if ('name' in read) names.push(read.name)
    else prefixes.push(read.prefix)
  }
  return new SwarmList({ names, prefixes })
}
