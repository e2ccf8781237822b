/** Makes the tracker that settings ask for, and says what one address may have of a server around it. */
import { readFile } from 'node:fs/promises'
import type { Log } from '../shared/log.ts'
import { createPayerReader, createTracker, keyBytesMin, type Tracker, type TrackerOptions } from '../tracker/main.ts'
import { busOptionsOf } from './cluster-settings.ts'
import type { ConnectionLimits } from './connection-guard.ts'
import { systemErrorCode, usageRefusal } from './refusal.ts'
import { type TrackerSettings, trackerOptionsOf } from './tracker-settings.ts'

const lineFeed = 0x0a

/**
 * @param options what is the program's to say and not the operator's
 * @throws Refusal when settings do not go together
 */
export async function createTrackerWith(
  settings: TrackerSettings,
  log: Log,
  options: Partial<TrackerOptions> = {},
): Promise<Tracker> {
  const key = await readKey(settings)
  const bus = await busOptionsOf(settings, key !== undefined || options.key !== undefined)
  try {
    return createTracker({ ...trackerOptionsOf(settings), ...(key && { key }), ...bus, ...options, log })
  } catch (error) {
    throw usageRefusal(error instanceof Error ? error.message : String(error))
  }
}

async function readKey({ trackerKey, trackerKeyFile: path }: TrackerSettings): Promise<Uint8Array | undefined> {
  if (path === undefined) return trackerKey === undefined ? undefined : Buffer.from(trackerKey)
  if (trackerKey !== undefined) throw usageRefusal('tracker-key and tracker-key-file are both given: leave one out')
  const bytes = await readFile(path).catch((error: unknown) => {
    throw usageRefusal(`tracker-key-file is ${path}, which cannot be read: ${systemErrorCode(error) ?? error}`)
  })
  // The same key as a text has no end of a line.
  const key = bytes.subarray(0, bytes.at(-1) === lineFeed ? -1 : undefined)
  if (key.length >= keyBytesMin) return key
  throw usageRefusal(`tracker-key-file is ${path}, which has ${key.length} bytes: at least ${keyBytesMin} are needed`)
}

export function connectionLimits(settings: TrackerSettings, log: Log): ConnectionLimits {
  const { trustProxy, httpConnectionsPerAddressMax } = settings
  return {
    payersOf: createPayerReader(trustProxy),
    connectionsPerAddressMax: httpConnectionsPerAddressMax,
    refused: (count) =>
      log.warn(
        { count, limit: httpConnectionsPerAddressMax },
        'connections refused: an address or its network has too many; a proxy is to be named with --trust-proxy',
      ),
  }
}
