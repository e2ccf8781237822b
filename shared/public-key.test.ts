import { calculateJwkThumbprint } from 'jose'
import { expect, it } from 'vitest'
import { sha256 } from '../test/fakes/sample-file.ts'
import { toBase64Url } from './bytes.ts'
import { keyIdOf, printPublicKey, readPublicKey, readPublicKeys } from './public-key.ts'

const key = Uint8Array.from({ length: 32 }, (_, i) => i * 7)
const text = printPublicKey(key)

it('[M25] a public key is one word, and reads back', () => {
  expect(text).toMatch(/^ed25519:[\w-]{43}$/)
  expect(readPublicKey(text)).toEqual(key)
  expect(readPublicKeys(` ${text},${text}\n${text} `)).toEqual([key, key, key])
})

it.each([
  '',
  'ed25519:',
  text.slice(8),
  text.slice(0, -1),
  `${text}A`,
  text.toUpperCase(),
  `ed448:${text.slice(8)}`,
  `${text.slice(0, -1)}!`,
  Array(9).fill(text).join(' '),
])('[M25] %s is none', (wrong) => {
  expect(readPublicKeys(wrong)).toBeUndefined()
})

it('[M22] its id is its thumbprint', async () => {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(key) }
  expect(keyIdOf(key, sha256)).toBe(await calculateJwkThumbprint(jwk))
})
