/**
 * What a setting is: from one line of a table come its flag, its NEARCAST_* variable, its key in the config file, the
 * checks (setting-sources.ts) and its line in --help (help.ts). Knows no setting of its own.
 */
import type { Kind } from './setting-kinds.ts'

/** The parts of --help that are shown only when they are asked for, in the order in which they are listed. */
export const sections = {
  edges: 'servers that have the same files, for what no peer brings',
  nat: 'STUN and TURN, by which visitors behind routers and firewalls reach one another',
  operations: 'the admin port and its secret',
  limits: 'what each client, and all together, may ask of the tracker',
} as const
export type Section = keyof typeof sections

export interface Setting<T> {
  kind: Kind<T>
  default: T
  help: string
  /** Given as a plain argument, not with a flag of its own. */
  positional: boolean
  /** One letter that stands for the flag. */
  short?: string
  /** Where --help shows it; at the beginning when it says nothing. */
  section?: Section
  /** Never printed, and refused without being repeated. */
  isSecret?: boolean
}

export const setting = <T>(kind: Kind<T>, fallback: NoInfer<T>, help: string): Setting<T> => ({
  kind,
  default: fallback,
  help,
  positional: false,
})

export type SettingTable = Record<string, Setting<unknown>>
export type SettingValues<D extends SettingTable> = { [K in keyof D]: D[K] extends Setting<infer T> ? T : never }

/** `egressRate` is `egress-rate` for flags and in the config file. */
export const settingName = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** `egressRate` is `NEARCAST_EGRESS_RATE` in the environment. */
export const variableName = (key: string): string => `NEARCAST_${settingName(key).replaceAll('-', '_').toUpperCase()}`
