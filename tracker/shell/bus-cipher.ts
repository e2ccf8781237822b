/**
 * The cipher of the bus: AES-256-GCM (NIST SP 800-38D) under a key of each node's own, which is derived from the key that
 * all trackers of a service share. A node never says two things at one instant, and is named anew at each start, so that
 * the instant is a nonce that never comes twice. Signals carry visitors' addresses: nobody but a tracker reads them.
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { keepNewest } from '../../shared/newest.ts'
import type { BusCipher } from '../core/bus-envelope.ts'
import type { NodeId } from '../core/node-ids.ts'

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/** Nodes whose keys are kept: more than a service has at a time. */
const keyCountMax = 256

export function createBusCipher(key: Uint8Array): BusCipher {
  const keys = new Map<NodeId, Buffer>()
  const derive = (node: NodeId) => createHmac('sha256', key).update(`nearcast bus 1\n${node}`).digest()
  const keep = (node: NodeId, derived: Buffer): Buffer => {
    keepNewest(keys, node, derived, keyCountMax)
    return derived
  }
  return {
    seal(from, at, header, text) {
      const cipher = createCipheriv(algorithm, keys.get(from) ?? keep(from, derive(from)), nonceOf(at))
      cipher.setAAD(Buffer.from(header))
      return Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url')
    },
    open(from, at, header, sealed) {
      const bytes = Buffer.from(sealed, 'base64url')
      if (bytes.length < tagBytes) return undefined
      const known = keys.get(from)
      const derived = known ?? derive(from)
      const decipher = createDecipheriv(algorithm, derived, nonceOf(at), { authTagLength: tagBytes })
      decipher.setAAD(Buffer.from(header))
      decipher.setAuthTag(bytes.subarray(-tagBytes))
      try {
        const text = decipher.update(bytes.subarray(0, -tagBytes), undefined, 'utf8') + decipher.final('utf8')
        // Only who has the key is remembered: junk in many names takes no room.
        if (known === undefined) keep(from, derived)
        return text
      } catch {
        return undefined // not sealed under this key, or changed since
      }
    },
  }
}

function nonceOf(at: number): Buffer {
  const nonce = Buffer.alloc(nonceBytes)
  nonce.writeBigUInt64BE(BigInt(at), nonceBytes - 8)
  return nonce
}
