/** The settings around signed manifests: of who signs, and of who checks. */
import { readPublicKeys } from '../shared/public-key.ts'
import { spanKind } from './number-kinds.ts'
import { type SettingTable, setting } from './setting.ts'
import { choiceKind, type Kind, pathKind, urlKind } from './setting-kinds.ts'

/** A public key in one line, or the path of a file with one. */
const readerKeyKind: Kind<string | undefined> = {
  hint: '<key>',
  right: 'ed25519: and 43 letters, as nearcast keygen prints it, or the path of a file with that',
  many: false,
  read(value, base) {
    if (typeof value !== 'string' || value.startsWith('ed25519:')) {
      return typeof value === 'string' && readPublicKeys(value) ? value : undefined
    }
    return pathKind.read(value, base)
  },
}

const monthMs = 30 * 24 * 60 * 60 * 1000

export const signerSettings = {
  key: setting(pathKind, undefined, 'the file with the key that signs, from nearcast keygen [nothing is signed]'),
  expires: setting(spanKind, monthMs, 'how long a signature holds [30d]'),
} satisfies SettingTable

export const readerKeySetting = setting(
  readerKeyKind,
  undefined,
  'who must have signed: a public key, or a file with one [nobody]',
)

/** Of who fetches and can do without. */
export const unsignedSetting = setting(
  choiceKind('error', 'plain'),
  'error',
  'with a key: what is not signed is an error, or plain HTTP [error]',
)

export const baseUrlSetting = setting(urlKind, undefined, 'where the folder is published [at the top of its host]')

/** The path under which signatures name the files of a folder. */
export function basePathOf(baseUrl: string | undefined): string {
  const path = baseUrl === undefined ? '/' : decodeURIComponent(new URL(baseUrl).pathname)
  return path.endsWith('/') ? path : `${path}/`
}
