/** What every Hasher does: SHA-256, in agreement with shared/merkle.ts. */
import type { Hasher } from '../../client/ports.ts'
import { toHex } from '../../shared/bytes.ts'
import { KiB } from '../../shared/limits.ts'
import { type ContractCase, checkEqual, patternBytes } from './contract.ts'

const abc = Uint8Array.of(0x61, 0x62, 0x63)
/** FIPS 180-4's own examples. */
const hashOfAbc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
const hashOfNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

type Case = (hasher: Hasher) => Promise<void>

const cases: Record<string, Case> = {
  'hashes the standard examples': async (hasher) => {
    checkEqual(toHex(hasher.sha256(abc)), hashOfAbc, 'hash of abc')
    checkEqual(toHex(hasher.sha256(new Uint8Array(0))), hashOfNothing, 'hash of nothing')
    checkEqual(toHex(await hasher.leafHashes(abc)), hashOfAbc, 'leaf hash of abc')
  },

  'no bytes have no leaves': async (hasher) => {
    checkEqual(await hasher.leafHashes(new Uint8Array(0)), new Uint8Array(0), 'layer')
  },

  'each leaf is hashed for itself, the last one short and not padded': async (hasher) => {
    for (const length of [16 * KiB - 1, 16 * KiB, 16 * KiB + 1, 64 * KiB, 100_000]) {
      const bytes = patternBytes(length, length)
      const leaves: string[] = []
      for (let at = 0; at < length; at += 16 * KiB) leaves.push(toHex(hasher.sha256(bytes.slice(at, at + 16 * KiB))))
      checkEqual(toHex(await hasher.leafHashes(bytes)), leaves.join(''), `layer of ${length} bytes`)
    }
  },

  'a view is hashed, not the buffer that it looks at': async (hasher) => {
    const bytes = patternBytes(50_000, 1)
    const view = bytes.subarray(1000, 40_000)
    const copy = bytes.slice(1000, 40_000)
    checkEqual(await hasher.leafHashes(view), await hasher.leafHashes(copy), 'layer')
    checkEqual(hasher.sha256(view), hasher.sha256(copy), 'hash')
  },
}

export function hasherContract(makeHasher: () => Hasher): ContractCase[] {
  return Object.entries(cases).map(([name, run]) => ({ name, run: () => run(makeHasher()) }))
}
