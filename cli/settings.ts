/**
 * Every setting, declared once: from one table come the flags, the NEARCAST_* variables, the keys of the config file,
 * the checks (setting-sources.ts) and --help (help.ts).
 */
import {
  choiceKind,
  hostKind,
  type Kind,
  pathKind,
  portKind,
  proxiesKind,
  rateKind,
  regionsKind,
  switchKind,
} from './setting-kinds.ts'

export interface Setting<T> {
  kind: Kind<T>
  default: T
  help: string
  /** Given as a plain argument, not with a flag of its own. */
  positional: boolean
}

const setting = <T>(kind: Kind<T>, fallback: NoInfer<T>, help: string): Setting<T> => ({
  kind,
  default: fallback,
  help,
  positional: false,
})

export type SettingTable = Record<string, Setting<unknown>>
export type SettingValues<D extends SettingTable> = { [K in keyof D]: D[K] extends Setting<infer T> ? T : never }

export const serveSettings = {
  folder: {
    ...setting(pathKind, undefined, 'the folder to serve [the current one; with --demo, none]'),
    positional: true,
  },
  port: setting(portKind, 8080, 'the port to listen on; 0 takes any free one [8080]'),
  host: setting(hostKind, undefined, 'the address to listen on [every address of this machine]'),
  egressRate: setting(rateKind, undefined, 'the most that all answers together send [none; with --demo, 4MiB/s]'),
  demo: setting(switchKind, false, 'serve the demo page at /, and the running Node executable as a download'),
  regions: setting(regionsKind, [], 'visitors in one region are near: "office=10.1.0.0/16;lab=10.2.0.0/16"'),
  trustProxy: setting(proxiesKind, [], 'the proxies whose X-Forwarded-For is believed [none]'),
  hashFolder: setting(pathKind, undefined, 'where the hashes of files are kept [~/.cache/nearcast]'),
  logLevel: setting(choiceKind('info', 'warn', 'error'), 'info', 'the least severe lines to log [info]'),
  config: setting(pathKind, undefined, 'a JSON file with any of these settings'),
} satisfies SettingTable

export type ServeSettings = SettingValues<typeof serveSettings>

/** `egressRate` is `egress-rate` for flags and in the config file. */
export const settingName = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** `egressRate` is `NEARCAST_EGRESS_RATE` in the environment. */
export const variableName = (key: string): string => `NEARCAST_${settingName(key).replaceAll('-', '_').toUpperCase()}`
