/** The settings of the commands around static hosts: `publish`, `verify` and `keygen`. */
import { publishedBytesMinDefault } from '../origin/main.ts'
import { type PathPattern, readPathPattern } from '../shared/path-pattern.ts'
import { isMirrorUrl, mirrorsMax } from '../shared/servers.ts'
import { sizeKind } from './number-kinds.ts'
import { formatBytes } from './quantity.ts'
import { type SettingTable, type SettingValues, setting } from './setting.ts'
import { type Kind, pathKind, switchKind, words, wordsKind } from './setting-kinds.ts'
import { baseUrlSetting, readerKeySetting, signerSettings } from './signing-settings.ts'

/** Patterns; a flag that is repeated adds one, and so does a comma. */
const patternsKind: Kind<PathPattern[]> = {
  hint: '<patterns>',
  right: 'patterns like *.mp4 or /downloads/**, with commas between',
  many: true,
  read(value) {
    const patterns = words(value, ',')?.map(readPathPattern)
    return patterns?.every((pattern) => pattern !== undefined) ? patterns : undefined
  },
}

/** The beginnings of addresses; a flag that is repeated adds one. */
const mirrorsKind: Kind<string[]> = {
  hint: '<urls>',
  right: `up to ${mirrorsMax} http or https URLs, with commas between`,
  many: true,
  read(value) {
    const urls = words(value, ',')?.map((word) => (word.endsWith('/') ? word : `${word}/`))
    return urls?.every(isMirrorUrl) && urls.length <= mirrorsMax ? urls : undefined
  },
}

const outSetting = setting(pathKind, undefined, 'the folder for manifests, in the same shape [beside the files]')

export const publishSettings = {
  folder: { ...setting(pathKind, undefined, 'the folder to publish'), positional: true },
  match: setting(patternsKind, [], 'which files get a manifest, like "*.mp4,/downloads/**" [all that are long enough]'),
  exclude: setting(patternsKind, [], 'which never do [none]'),
  minSize: setting(
    sizeKind,
    publishedBytesMinDefault,
    `the least that is worth one [${formatBytes(publishedBytesMinDefault).replace(' ', '')}]`,
  ),
  out: outSetting,
  ...signerSettings,
  baseUrl: baseUrlSetting,
  mirror: setting(
    mirrorsKind,
    [],
    'where else the folder is published, for when its own host does not answer [nowhere]',
  ),
  renew: setting(switchKind, false, 'sign every manifest anew, as after going back to an older copy'),
  hashFolder: setting(pathKind, undefined, 'where the hashes of files are kept [~/.cache/nearcast]'),
  json: setting(switchKind, false, 'end with one line of JSON on stdout'),
  config: setting(pathKind, undefined, 'a JSON file with any of these settings'),
} satisfies SettingTable

export type PublishSettings = SettingValues<typeof publishSettings>

export const verifySettings = {
  sources: { ...setting(wordsKind, [], 'what to check: a folder, or URLs of files'), positional: true },
  out: outSetting,
  key: readerKeySetting,
  baseUrl: baseUrlSetting,
  json: setting(switchKind, false, 'end with one line of JSON on stdout'),
  config: setting(pathKind, undefined, 'a JSON file with any of these settings'),
} satisfies SettingTable

export type VerifySettings = SettingValues<typeof verifySettings>

export const keygenSettings = {
  file: { ...setting(pathKind, undefined, 'the new file for the private key'), positional: true },
  replaces: setting(pathKind, undefined, 'the file with the former key, which signs the new one'),
  public: setting(switchKind, false, 'make none: print the public half of the key in the file'),
  config: setting(pathKind, undefined, 'a JSON file with any of these settings'),
} satisfies SettingTable

export type KeygenSettings = SettingValues<typeof keygenSettings>
