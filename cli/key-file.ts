/** Files that hold keys and secrets: written once, read where they were named. What they hold is never in a message. */
import { readFileSync, writeFileSync } from 'node:fs'
import { readSiteKey, type SigningOptions, type SiteKey } from '../origin/main.ts'
import { printPublicKey, readPublicKeys } from '../shared/public-key.ts'
import { Refusal, systemErrorCode, usageRefusal } from './refusal.ts'

/** Never in the place of another file: that may be in use. @param mode who may read it */
export function writeNew(path: string, text: string, mode: number): void {
  try {
    writeFileSync(path, text, { mode, flag: 'wx' })
  } catch (error) {
    const code = systemErrorCode(error)
    throw new Refusal(code === 'EEXIST' ? `${path} is there already` : `${path} cannot be written (${code})`)
  }
}

/** @throws Refusal when it cannot be read */
export function readGiven(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw usageRefusal(`${path} cannot be read (${systemErrorCode(error)})`)
  }
}

/** A private key that nearcast keygen made. @throws Refusal */
export function siteKeyIn(path: string): SiteKey {
  const text = readGiven(path)
  try {
    return readSiteKey(text)
  } catch (error) {
    throw usageRefusal(`${path} holds no key of nearcast keygen: ${(error as Error).message}`)
  }
}

/** The public keys that a setting gives: as they are, or by a file that holds them, or the private one. @throws Refusal */
export function publicKeysOf(setting: string): string {
  if (readPublicKeys(setting)) return setting
  const text = readGiven(setting).trim()
  return readPublicKeys(text) ? text : printPublicKey(siteKeyIn(setting).publicKey)
}

/** How manifests are signed, if they are. @throws Refusal */
export function signingOf({ key, expires }: { key: string | undefined; expires: number }): SigningOptions | undefined {
  return key === undefined ? undefined : { key: siteKeyIn(key), lifetimeMs: expires, wallNow: () => Date.now() }
}

/** The pinned key of a client, if one is pinned. @throws Refusal */
export const keyOption = ({ key }: { key: string | undefined }): { key?: string } =>
  key === undefined ? {} : { key: publicKeysOf(key) }
