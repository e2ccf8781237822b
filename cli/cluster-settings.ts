/** What joins a tracker to others of its service. */
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import type { TrackerOptions } from '../tracker/main.ts'
import { systemErrorCode, usageRefusal } from './refusal.ts'
import { type SettingTable, type SettingValues, setting } from './setting.ts'
import { type Kind, pathKind } from './setting-kinds.ts'

/** As long as the hash that it keys (RFC 2104 §3). */
const keyLengthMin = 32
const secretLengthMax = 512

const isSecretText = (value: unknown, lengthMin: number): value is string =>
  typeof value === 'string' && /^[!-~]+$/.test(value) && value.length >= lengthMin && value.length <= secretLengthMax

const keyKind: Kind<string | undefined> = {
  hint: '<secret>',
  right: `a text of ${keyLengthMin} to ${secretLengthMax} letters, digits or signs: "openssl rand -base64 33" makes one`,
  many: false,
  read: (value) => (isSecretText(value, keyLengthMin) ? value : undefined),
}

const passwordKind: Kind<string | undefined> = {
  hint: '<secret>',
  right: `a text of 1 to ${secretLengthMax} letters, digits or signs`,
  many: false,
  read: (value) => (isSecretText(value, 1) ? value : undefined),
}

const busKind: Kind<string | undefined> = {
  hint: '<redis-url>',
  right: 'the address of a Redis or Valkey, like redis://10.0.0.5:6379 or, with TLS, rediss://cache.example.org:6380',
  many: false,
  read: (value) =>
    typeof value === 'string' && URL.canParse(value) && /^rediss?:\/\/./.test(value) && new URL(value).hostname !== ''
      ? value
      : undefined,
}

const nodeNameKind: Kind<string | undefined> = {
  hint: '<name>',
  right: 'a name of at most 64 letters, digits, dots, dashes or slashes, like oslo-1',
  many: false,
  read: (value) => (typeof value === 'string' && /^[\w./-]{1,64}$/.test(value) ? value : undefined),
}

/** More than a large machine's cores: more processes than cores only wait for each other. */
const workersMax = 64

export const workersKind: Kind<number> = {
  hint: '<number>',
  right: `a whole number from 1 to ${workersMax}`,
  many: false,
  read(value) {
    const count = typeof value === 'string' && /^\d{1,2}$/.test(value) ? Number(value) : value
    return typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= workersMax ? count : undefined
  },
}

const secret = <T>(kind: Kind<T>, fallback: NoInfer<T>, help: string) => ({
  ...setting(kind, fallback, help),
  isSecret: true,
})

export const clusterSettings = {
  bus: secret(busKind, undefined, 'the Redis or Valkey that joins this tracker to others, redis://host:port [none]'),
  busPassword: secret(passwordKind, undefined, 'its password, better given as a variable or a file [none]'),
  busPasswordFile: setting(pathKind, undefined, 'a file with that password alone [none]'),
  trackerKey: secret(keyKind, undefined, 'what tracker-key-file holds, as a text, for the environment [none]'),
  nodeName: setting(nodeNameKind, undefined, "how this tracker calls itself in its log [the machine's name]"),
} satisfies SettingTable

export type ClusterSettings = SettingValues<typeof clusterSettings>

/** @throws Refusal when the password's file cannot be read or holds none, or when there is no key */
export async function busOptionsOf(
  { bus: url, busPassword, busPasswordFile: path, nodeName = hostname() }: ClusterSettings,
  hasKey: boolean,
): Promise<Pick<TrackerOptions, 'bus' | 'nodeName'>> {
  if (url === undefined) return {}
  if (!hasKey) throw usageRefusal('bus needs a tracker-key-file (or tracker-key): what all trackers on it share')
  const password = path === undefined ? busPassword : await passwordOf(path, busPassword)
  return { nodeName, bus: { url, ...(password !== undefined && { password }) } }
}

async function passwordOf(path: string, other: string | undefined): Promise<string> {
  if (other !== undefined) throw usageRefusal('bus-password and bus-password-file are both given: leave one out')
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw usageRefusal(`bus-password-file is ${path}, which cannot be read: ${systemErrorCode(error) ?? error}`)
  })
  const password = passwordKind.read(text.trim(), '')
  if (password !== undefined) return password
  throw usageRefusal(`bus-password-file is ${path}, which holds something else than ${passwordKind.right}`)
}
