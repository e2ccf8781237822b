/**
 * The config file of a server that runs, read again: what may change does, of the rest the operator hears that it takes
 * a restart. A file that is wrong in anything changes nothing. Knows not what settings do.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Log } from '../shared/log.ts'
import type { Reloadable } from './reloading.ts'
import { settingName } from './setting.ts'

export interface LiveSettingsOptions<S extends object> {
  /** What held at the start. */
  settings: S
  /** Reads them again from where they were read. @throws Refusal that says what is wrong */
  reread(): S
  /** Which of them may change. */
  liveKeys: readonly string[]
  /** Makes these hold. @throws Error that says what is wrong with them; then none of them does */
  apply(settings: S): void
  log: Log
}

export function liveSettings<S extends object>(options: LiveSettingsOptions<S>): Reloadable {
  const { reread, liveKeys, apply, log } = options
  const holding = new Map<string, unknown>(Object.entries(options.settings))
  return {
    name: 'the config file',
    reload() {
      const settings = reread()
      const changed = Object.entries(settings).filter(([key, value]) => !isDeepStrictEqual(value, holding.get(key)))
      const live = changed.filter(([key]) => liveKeys.includes(key))
      const lasting = changed.filter(([key]) => !liveKeys.includes(key))
      if (live.length > 0) apply(settings)
      for (const [key, value] of live) holding.set(key, value)
      if (live.length > 0) log.info({ settings: namesOf(live) }, 'settings changed')
      if (lasting.length > 0) log.warn({ settings: namesOf(lasting) }, 'settings that changed need a restart')
    },
  }
}

const namesOf = (entries: readonly [key: string, value: unknown][]): string[] =>
  entries.map(([key]) => settingName(key))
