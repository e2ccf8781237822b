/** Ed25519 by the platform's WebCrypto. Where that has none nothing is checked, and so nothing is believed. */
import type { SignatureCheck } from '../ports.ts'

/** @param subtle the platform's; a page that is no secure context has none */
export function createWebSignatureCheck(
  subtle: SubtleCrypto | null = globalThis.crypto?.subtle ?? null,
): SignatureCheck {
  return async (key, message, signature) => {
    if (!subtle) throw new Error('the page is no secure context')
    let imported: CryptoKey
    try {
      imported = await subtle.importKey('raw', key, 'Ed25519', false, ['verify'])
    } catch (cause) {
      throw new Error('this browser has no Ed25519', { cause })
    }
    return subtle.verify('Ed25519', imported, signature, message)
  }
}
