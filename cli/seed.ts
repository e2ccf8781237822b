/** `nearcast seed`: keeps files available to peers, from their server or from a folder of them, until a signal comes. */
import { join, resolve } from 'node:path'
import {
  createManifestDesk,
  createNodeClient,
  loadWebRtc,
  type ManifestDesk,
  type NodeClientOptions,
  PublishedFolder,
  Seeder,
  StoreFolder,
  webRtcPackage,
} from '../client/node.ts'
import { slotCountMax } from '../shared/limits.ts'
import { cacheFolder, trustFolder } from './cache-folder.ts'
import { isFolder } from './given-folder.ts'
import { printHelp } from './help.ts'
import { keyOption } from './key-file.ts'
import { count, LiveLine } from './live-line.ts'
import { createJsonLog, createTerminalLog, type ProgramLog } from './log.ts'
import { installCommand } from './package.ts'
import { formatBytes, formatRate } from './quantity.ts'
import { Refusal, usageRefusal } from './refusal.ts'
import { urlKind } from './setting-kinds.ts'
import { readSettings } from './setting-sources.ts'
import { type SeedSettings, seedSettings } from './settings.ts'
import { exitSoon, onSignal } from './stopping.ts'
import { tokenOption } from './token-option.ts'
import { trackerOf } from './tracker-address.ts'

const help = {
  usage: 'nearcast seed <url…|folder> [options]',
  about: [
    'Keeps files available to peers until it is stopped. URLs are fetched and kept in a folder of their own; the files of',
    'a folder are served from where they lie, each while it is the one that is published under --base-url. Newer versions',
    'are found and take the older ones’ place.',
  ],
  settings: seedSettings,
  examples: [
    'nearcast seed https://example.org/game-2.1.zip https://example.org/maps.zip --upload-rate 20MiB/s',
    'nearcast seed ./downloads --base-url https://example.org/downloads/',
  ],
}

/** A machine that is there to serve: a link costs about 2 MiB, and each one more is a visitor who need not wait. */
const linkCountMax = 100

/** What is to be seeded, and where its bytes are. */
interface Plan {
  urls: string[]
  place: StoreFolder | PublishedFolder
  /** For the log: a folder of ours, or somebody's. */
  folder: string
}

async function plan(settings: SeedSettings, signal: AbortSignal): Promise<Plan> {
  const { sources, baseUrl, dir = join(cacheFolder(), 'seed'), diskMax = Number.POSITIVE_INFINITY } = settings
  const [first] = sources
  if (first === undefined) throw usageRefusal('which files? give their URLs or one folder; --help says more')
  const urls = sources.map((word) => urlKind.read(word, ''))
  if (urls.every((url) => url !== undefined)) {
    return { urls: [...new Set(urls)], place: new StoreFolder({ dir, bytesMax: diskMax }), folder: dir }
  }
  const wrong = sources.find((word, i) => urls[i] === undefined && !isFolder(word))
  if (wrong !== undefined) throw usageRefusal(`${JSON.stringify(wrong)} is neither an http or https URL nor a folder`)
  if (sources.length > 1) throw usageRefusal('either URLs or one folder: more than that is another nearcast seed')
  if (baseUrl === undefined) throw usageRefusal(`where is ${first} published? say so with --base-url`)
  const place = await PublishedFolder.open(first, baseUrl, signal)
  if (place.urls.length === 0) throw new Refusal(`there is no file in ${first}`)
  return { urls: place.urls, place, folder: resolve(first) }
}

/** The one tracker for all files. @throws Refusal when they have none, or several */
function trackerFor({ tracker }: SeedSettings, urls: readonly string[]): string {
  if (tracker === 'none') throw usageRefusal('--tracker is none; without a tracker no peer finds this one')
  const trackers = new Set(urls.map((url) => trackerOf(tracker, url)))
  if (trackers.size > 1) throw usageRefusal('the files are on several hosts: name one tracker with --tracker')
  return [...trackers][0]!
}

async function requireWebRtc(): Promise<NonNullable<NodeClientOptions['webRtc']>> {
  const webRtc = await loadWebRtc()
  if (typeof webRtc !== 'string') return webRtc
  throw new Refusal(`peers need WebRTC, which Node.js does not have: ${installCommand(webRtcPackage)}`)
}

interface SeedNumbers {
  files: number
  peers: number
  bytesSent: number
}

const formatSeeding = ({ files, peers, bytesSent }: SeedNumbers, bytesPerSecond: number): string =>
  [count(files, 'file'), count(peers, 'peer'), `sent ${formatBytes(bytesSent)}`, formatRate(bytesPerSecond)].join(
    '  ·  ',
  )

/** Looks at all files once. @throws Refusal when none of them can be served, now or later */
async function firstLook(seeder: Seeder, { urls, folder }: Plan, log: ProgramLog, facts: object): Promise<void> {
  const found = await seeder.look()
  const files = found.flatMap((one, i) =>
    typeof one === 'string' ? [] : [{ url: urls[i]!, root: one.root, bytes: one.geometry.fileBytes }],
  )
  if (files.length === 0) throw new Refusal(`none of ${count(urls.length, 'file')} can be served: ${found[0]}`)
  log.notice({ files, folder, ...facts }, 'seeding')
}

function openLog(settings: SeedSettings, isTerminal: boolean, print: (line: string) => void): ProgramLog {
  const isColored = isTerminal && !process.env.NO_COLOR
  return isTerminal ? createTerminalLog(settings.logLevel, isColored, print) : createJsonLog(settings.logLevel)
}

/** Seeds until a signal comes. @throws Refusal when it cannot start */
export async function seed(args: readonly string[]): Promise<void> {
  const settings = readSettings(seedSettings, { args, env: process.env, workFolder: process.cwd() })
  if (settings === undefined) {
    console.log(printHelp(help, args))
    return
  }
  const ended = new AbortController()
  const { signal } = ended
  const planned = await plan(settings, signal)
  const { urls, place } = planned
  if (urls.length > slotCountMax) {
    throw usageRefusal(`${urls.length} files: one nearcast seed keeps ${slotCountMax} of them, so start several`)
  }
  const tracker = trackerFor(settings, urls)
  const webRtc = await requireWebRtc()
  const isTerminal = process.stdout.isTTY && process.env.TERM !== 'dumb'
  let live: LiveLine<SeedNumbers> | undefined
  const log = openLog(settings, isTerminal, (line) => (live === undefined ? console.log(line) : live.print(line)))
  const manifests: ManifestDesk = createManifestDesk({ ...keyOption(settings), trustDir: trustFolder() })
  const { uploadRate = Number.POSITIVE_INFINITY, recheck } = settings
  const client = createNodeClient({
    webRtc,
    tracker,
    consent: 'granted',
    uploadBytesPerSecondMax: uploadRate,
    linkCountMax,
    store: place.store,
    manifests: manifests.source,
    log,
    ...tokenOption(settings),
  })
  onSignal((name) => {
    live?.stop()
    log.info({ signal: name }, 'stopping')
    ended.abort(name)
  })
  const seeder = new Seeder(urls, { client, manifests, place, recheckMs: recheck, signal, log })
  try {
    const cap = Number.isFinite(uploadRate) ? { uploadBytesPerSecondMax: uploadRate } : {}
    await firstLook(seeder, planned, log, { tracker, ...cap })
    if (isTerminal) {
      live = new LiveLine(
        process.stdout,
        () => numbers(seeder, client),
        () => performance.now(),
        formatSeeding,
      )
      live.start()
    }
    await seeder.run()
    exitSoon(0)
  } catch (error) {
    if (!signal.aborted) throw error
    exitSoon(0)
  } finally {
    await client.close()
  }
}

function numbers(seeder: Seeder, client: ReturnType<typeof createNodeClient>): SeedNumbers {
  const { bytes, peers } = client.stats()
  const open = peers.filter(({ state }) => state === 'open').length
  return { files: seeder.seeded.length, peers: open, bytesSent: bytes.uploaded }
}
