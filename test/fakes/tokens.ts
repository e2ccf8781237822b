/** Keys and tokens as a site's backend has them, for tests: right ones, and ones that no right backend makes. */
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { swarmA } from './tracker-crowd.ts'

export const secret = 'a secret of a site, at least 32 bytes of it'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')

export { privateKey, publicKey }
export const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
export const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

export const publicJwk = (kid?: string, key: KeyObject = publicKey) => ({
  ...key.export({ format: 'jwk' }),
  ...(kid !== undefined && { kid }),
})

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** For ten minutes and one swarm, but for what is said. */
export const claimsWith = (changes: object = {}): object => ({
  exp: Math.floor(Date.now() / 1_000) + 600,
  swarms: [swarmA],
  ...changes,
})

/** Written by hand, so that what jose would never make can be made too. */
export function token(
  changes: object = {},
  { header = {}, key = secret }: { header?: object; key?: string } = {},
): string {
  const signed = `${encoded({ alg: 'HS256', ...header })}.${encoded(claimsWith(changes))}`
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}

export function edwardsToken(
  changes: object = {},
  { header = {}, key = privateKey }: { header?: object; key?: KeyObject } = {},
): string {
  const signed = `${encoded({ alg: 'EdDSA', ...header })}.${encoded(claimsWith(changes))}`
  return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`
}

export const unsigned = (changes: object = {}, alg = 'none'): string =>
  `${encoded({ alg })}.${encoded(claimsWith(changes))}.`

/** One letter of a part is another one. */
export function altered(text: string, part: 0 | 1 | 2): string {
  const parts = text.split('.')
  const at = Math.floor(parts[part]!.length / 2)
  const letter = parts[part]![at] === 'A' ? 'B' : 'A'
  parts[part] = parts[part]!.slice(0, at) + letter + parts[part]!.slice(at + 1)
  return parts.join('.')
}
