/** A JSON Web Key Set (RFC 7517) of public keys, as jose takes it. */
import { createLocalJWKSet, type JSONWebKeySet, type LocalJWKSet } from 'jose'

export type KeySet = LocalJWKSet

/** @throws Error that says what is wrong with the text */
export function parseKeySet(text: string): KeySet {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('it is not JSON')
  }
  const keys = typeof value === 'object' && value !== null && 'keys' in value ? value.keys : undefined
  if (!Array.isArray(keys) || keys.length === 0) throw new Error('it holds no JSON object with a list of keys')
  for (const key of keys) {
    if (typeof key !== 'object' || key === null || typeof key.kty !== 'string')
      throw new Error('one of its keys is none')
    // Who can read a private or a shared key can make tokens.
    if ('d' in key || 'k' in key) throw new Error('it holds a private or a shared key, and must hold public ones')
  }
  return createLocalJWKSet(value as JSONWebKeySet)
}
