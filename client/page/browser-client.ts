/** The client of a browser: puts the browser's shells together. */
import { MiB } from '../../shared/limits.ts'
import type { ClientOptions } from '../api.ts'
import { assembleClient, type EngineClient } from '../client.ts'
import { checkOptions } from '../shell/checked-options.ts'
import { openChunkStore } from '../shell/chunk-store.ts'
import { deferStore } from '../shell/deferred-store.ts'
import { createHttpSource } from '../shell/http-source.ts'
import { createLanedDialer } from '../shell/laned-dialer.ts'
import { MemoryStore } from '../shell/memory-store.ts'
import { createResumeHints } from '../shell/resume-hints.ts'
import { createSimplePeerDialer } from '../shell/simple-peer-dialer.ts'
import { watchSurroundings, webPlatform } from '../shell/surroundings.ts'
import { loadTrustCode } from '../shell/trust-code.ts'
import { createWebClock } from '../shell/web-clock.ts'
import { createWebHasher } from '../shell/web-hasher.ts'
import { createWebTrackerDialer } from '../shell/web-tracker-dialer.ts'
import type { WebTrust } from '../shell/web-trust.ts'

/** @throws NearcastError `usage` when an option is not what it must be */
export function createBrowserClient(options: ClientOptions): EngineClient {
  const { iceServers, iceTransportPolicy, store = 'device', storeBytesMax } = options
  const { memoryBytesMax, hiddenSecondsMax } = checkOptions(options).numbers
  const clock = createWebClock()
  const hasher = createWebHasher()
  let trust: Promise<WebTrust> | undefined
  const trusted = () => {
    trust ??= loadTrustCode().then((create) => create(options, hasher))
    trust.catch(() => {
      trust = undefined
    })
    return trust
  }
  return assembleClient(options, {
    store:
      store === 'memory'
        ? new MemoryStore(memoryBytesMax)
        : deferStore(() => openChunkStore({ memoryBytesMax, storeBytesMax })),
    hasher,
    ...(options.key !== undefined && {
      judge: async (manifest, url) => (await trusted()).judge(manifest, url),
      forgetKeys: async () => (await trusted()).forget(),
    }),
    http: createHttpSource(),
    dialer: createLanedDialer(createSimplePeerDialer({ iceServers, iceTransportPolicy })),
    trackerDialer: createWebTrackerDialer(),
    clock,
    surroundings: (changed) =>
      watchSurroundings(webPlatform(), { clock, hiddenMsMax: hiddenSecondsMax * 1_000 }, changed),
    hints: createResumeHints(store === 'memory' ? undefined : localStorageOrNone()),
    hotBytesMax: hotBytes(),
    notice: (text) => console.warn(`nearcast: ${text}`),
  })
}

/** A 64th of the device's memory, where the browser tells how much that is: 16 to 128 MiB. */
function hotBytes(): number | undefined {
  const { deviceMemory } = (globalThis.navigator ?? {}) as { deviceMemory?: number }
  return deviceMemory && Math.min(Math.max(deviceMemory * 16, 16), 128) * MiB
}

/** Reading the property itself throws where storage is forbidden. */
function localStorageOrNone(): Storage | undefined {
  try {
    return globalThis.localStorage
  } catch {
    return undefined
  }
}
