/** Makes the tracker that settings ask for. Knows no server around it. */
import { readFile } from 'node:fs/promises'
import type { Log } from '../shared/log.ts'
import { createTracker, keyBytesMin, type Tracker, type TrackerOptions } from '../tracker/main.ts'
import { systemErrorCode, usageRefusal } from './refusal.ts'
import { type TrackerSettings, trackerOptionsOf } from './tracker-settings.ts'

/**
 * @param options what is the program's to say and not the operator's
 * @throws Refusal when settings do not go together
 */
export async function createTrackerWith(
  settings: TrackerSettings,
  log: Log,
  options: Partial<TrackerOptions> = {},
): Promise<Tracker> {
  const key = await readKey(settings.trackerKeyFile)
  try {
    return createTracker({ ...trackerOptionsOf(settings), ...(key && { key }), ...options, log })
  } catch (error) {
    throw usageRefusal(error instanceof Error ? error.message : String(error))
  }
}

async function readKey(path: string | undefined): Promise<Uint8Array | undefined> {
  if (path === undefined) return undefined
  const key = await readFile(path).catch((error: unknown) => {
    throw usageRefusal(`tracker-key-file is ${path}, which cannot be read: ${systemErrorCode(error) ?? error}`)
  })
  if (key.length >= keyBytesMin) return key
  throw usageRefusal(`tracker-key-file is ${path}, which has ${key.length} bytes: at least ${keyBytesMin} are needed`)
}
