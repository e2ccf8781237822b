/**
 * The client for Node: the same engine, with the shells of a program in place of a browser's. Many clients can live in
 * one process. What the command line needs of this room goes through here.
 */
import type { Log } from '../shared/log.ts'
import { type ClientOptions, type LastingClient, NearcastError } from './api.ts'
import { assembleClient } from './client.ts'
import { fileNameOf } from './node/file-name.ts'
import { ManifestDesk } from './node/manifest-desk.ts'
import { nodeHasher } from './node/node-hasher.ts'
import { nodeSignatureCheck } from './node/node-signature-check.ts'
import { PublishedFolder } from './node/published-folder.ts'
import { partSuffix, type Saved, type SaveOptions, type SaveProgress, saveUrl as saveWith } from './node/saved-url.ts'
import { type Seeded, Seeder } from './node/seeder.ts'
import { StoreFolder } from './node/store-folder.ts'
import { type StreamOptions, streamUrl as streamWith } from './node/streamed-url.ts'
import { createNodeTrackerDialer } from './node/tracker-socket.ts'
import { TrustFolder } from './node/trust-folder.ts'
import { type VerifiedUrl, verifyUrl } from './node/verified-url.ts'
import { loadWebRtc, type WebRtc, webRtcPackage } from './node/web-rtc.ts'
import type { ChunkStore, Dialer } from './ports.ts'
import { isStrict, optionNumbers } from './shell/checked-options.ts'
import { createHttpSource } from './shell/http-source.ts'
import { createLanedDialer } from './shell/laned-dialer.ts'
import type { ManifestJudge } from './shell/manifest-judge.ts'
import type { ManifestSource } from './shell/manifest-source.ts'
import { createTrustMemory } from './shell/manifest-trust.ts'
import { MemoryStore } from './shell/memory-store.ts'
import { judgeBy } from './shell/pinned-keys.ts'
import { createSimplePeerDialer } from './shell/simple-peer-dialer.ts'
import { createWebClock } from './shell/web-clock.ts'

export interface NodeClientOptions extends Omit<ClientOptions, 'store'> {
  /** WebRTC, as `loadWebRtc` gives it. Without it there are no peers, and no tracker is asked for any. */
  webRtc?: WebRtc | undefined
  /** Where verified chunks are kept: in memory (the default), or in a folder that holds at most `bytesMax` of them. */
  store?: 'memory' | { dir: string; bytesMax?: number } | ChunkStore
  /** Links to peers at once, at most: 20 by default, more for a machine that does nothing else. */
  linkCountMax?: number
  /** Where manifests come from, when not from beside the files at each opening. */
  manifests?: ManifestSource
  /** A folder that remembers what was signed last, where a `key` is pinned; without one the program does while it runs. */
  trustDir?: string
  /** Is told once when the tracker does not take this client, and why. */
  notice?: (text: string) => void
  log?: Log
}

/** As many as a browser on a good machine: Node tells nothing of its own. */
const linkCountDefault = 20

/** A program is nobody's guest: what it gives is for its owner to say. */
const unlimited = { uploadBytesPerSecondMax: Number.POSITIVE_INFINITY, uploadRatioMax: Number.POSITIVE_INFINITY }

/** Where nobody can be reached: never dialed, as no tracker names anyone. */
const nobody: Dialer = {
  dial(_, events) {
    queueMicrotask(() => events.closed('no WebRTC'))
    return { signal() {}, roomBytes: 0, send() {}, close() {} }
  },
}

/**
 * Makes a client. As in a page it connects to nobody before consent is `granted`; `tracker` is a whole URL.
 * @throws NearcastError `usage` when an option is not what it must be
 */
export function createNodeClient(options: NodeClientOptions = {}): LastingClient {
  const {
    webRtc,
    store = 'memory',
    manifests,
    linkCountMax = linkCountDefault,
    notice,
    log,
    trustDir,
    ...common
  } = options
  const { iceServers, iceTransportPolicy, memoryBytesMax = optionNumbers.memoryBytesMax } = common
  if (webRtc === undefined) delete common.tracker
  return assembleClient(
    { ...unlimited, ...common },
    {
      store:
        store === 'memory' ? new MemoryStore(memoryBytesMax) : 'dir' in store ? new StoreFolder(store).store : store,
      hasher: nodeHasher,
      http: createHttpSource(),
      dialer:
        webRtc === undefined
          ? nobody
          : createLanedDialer(createSimplePeerDialer({ iceServers, iceTransportPolicy, wrtc: webRtc })),
      trackerDialer: createNodeTrackerDialer(),
      clock: createWebClock(),
      linkCountMax,
      // A program can wait for its manifest, so the store is always looked at first: nothing in it is fetched again.
      hints: { has: () => true, add() {}, clear() {} },
      judge: judgeOf({ ...common, trustDir }),
      ...(manifests && { manifests }),
      ...(notice && { notice }),
      ...(log && { log }),
    },
  )
}

/** Whose signature a manifest must have, if anybody's. */
export interface TrustOptions {
  key?: string | undefined
  trustDir?: string | undefined
}

function judgeOf({ key, trustDir }: TrustOptions): ManifestJudge {
  const memory = trustDir === undefined ? createTrustMemory() : new TrustFolder(trustDir)
  return judgeBy({ ...(key !== undefined && { key }) }, { hasher: nodeHasher, verify: nodeSignatureCheck, memory })
}

/** @throws NearcastError `usage` for what is no key */
export const createManifestDesk = (trust: TrustOptions = {}): ManifestDesk =>
  new ManifestDesk(nodeHasher, judgeOf(trust))

/**
 * Saves a URL to disk: verified, and from peers as well, where it has a manifest; by plain HTTP where it has none.
 * Killed at any moment, the next call goes on from what is there.
 * @throws NearcastError why it cannot be saved
 */
export function saveUrl(
  save: SaveOptions,
  client: Omit<NodeClientOptions, 'store' | 'manifests'> = {},
): Promise<Saved> {
  const manifests = createManifestDesk(client)
  return saveWith(save, {
    manifests,
    isStrict: isStrict(client),
    makeClient: (store) => createNodeClient({ ...client, store, manifests: manifests.source }),
  })
}

/** Writes a URL to a stream, in order, with as little in memory as a page's `fetch`. @throws NearcastError */
export function streamUrl(stream: StreamOptions, client: Omit<NodeClientOptions, 'store'> = {}): Promise<Saved> {
  return streamWith(stream, () => createNodeClient(client))
}

export type * from './api.ts'
export type { ManifestDesk, Saved, SaveOptions, SaveProgress, Seeded, StreamOptions, VerifiedUrl, WebRtc }
export {
  fileNameOf,
  loadWebRtc,
  NearcastError,
  PublishedFolder,
  partSuffix,
  Seeder,
  StoreFolder,
  verifyUrl,
  webRtcPackage,
}
