/**
 * Goes through the first bytes of an answer that nobody asked for, so that those of one that somebody waits for find
 * the code compiled and the platform's digests awake: cold, they take ten milliseconds; then, one.
 */
import { concatBytes, toBase64, toHex } from '../../shared/bytes.ts'
import { firstLeafField, readFirstLeaf } from '../../shared/first-leaf.ts'
import { chunkBytesMin, leafBytes } from '../../shared/limits.ts'
import { readManifest } from '../../shared/manifest.ts'
import { firstLeafProofCount, hashByProof } from '../../shared/merkle.ts'
import type { Hasher } from '../ports.ts'
import { AnswerBody } from './answer-body.ts'
import { disagreement, leafClaimOf } from './answer-head.ts'
import { earlyLeaf } from './early-leaf.ts'
import { leafAndRest } from './reader.ts'

/** As many hashes as a file of 16 MiB needs: enough for the page to compile them. */
const leafCount = 1024

/** An answer that is this long in coming leaves the time for it; a nearer one would wait for it. */
const waitMs = 10

export class Rehearsal {
  readonly #hasher: Hasher
  #isDue = true
  #isAsking = false

  constructor(hasher: Hasher) {
    this.#hasher = hasher
  }

  /** The page has nothing else to do. */
  idle(): void {
    if (!this.#isAsking) this.#begin()
  }

  /** An answer is awaited. @returns what to call when it is here */
  asking(): () => void {
    this.#isAsking = true
    const timer = setTimeout(() => this.#begin(), waitMs)
    return () => clearTimeout(timer)
  }

  #begin(): void {
    if (!this.#isDue) return
    this.#isDue = false
    rehearse(this.#hasher).catch(() => {}) // without it the first bytes are a little later
  }
}

async function rehearse({ sha256, leafHashes }: Hasher): Promise<void> {
  const leaf = new Uint8Array(leafBytes)
  const hash = await leafHashes(leaf)
  const proof = new Uint8Array(firstLeafProofCount(leafCount) * hash.length)
  const headers = {
    etag: `"${toHex(hashByProof(hash, proof, sha256))}"`,
    'content-length': `${leafCount * leafBytes}`,
    [firstLeafField]: `:${toBase64(concatBytes(hash, proof))}:`,
  }
  const response = new Response(leaf, { headers })
  const body = new AnswerBody(response.body!)
  const { field, root, fileBytes } = leafClaimOf(response)!
  const first = earlyLeaf({ sha256, leafHashes }, body, fileBytes, () => readFirstLeaf(field, root, fileBytes, sha256))
  const rest = first.then(() => body.stream(leafBytes).getReader())
  await new Response(leafAndRest(first, rest), { headers }).arrayBuffer()
  // Where no head proves a leaf the manifest does: here that of a file of one leaf.
  const hashes = { root: toHex(hash), head: toBase64(hash), headProof: '', chunks: toBase64(hash) }
  const fields = { nearcast: 1, name: 'none', type: 'a/b', size: leafBytes, chunkSize: chunkBytesMin, ...hashes }
  const manifest = readManifest(JSON.stringify(fields), sha256)
  if (manifest.ok) disagreement(response, manifest.value)
}
