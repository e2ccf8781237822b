/**
 * Goes through the first bytes of an answer that nobody asked for, so that those of one that somebody waits for find
 * the code compiled and the platform's digests awake: cold, they take ten milliseconds; then, one.
 */
import { concatBytes, toBase64, toHex } from '../../shared/bytes.ts'
import { firstLeafField } from '../../shared/first-leaf.ts'
import { chunkBytesMin, leafBytes } from '../../shared/limits.ts'
import { readManifest } from '../../shared/manifest.ts'
import { firstLeafProofCount, hashByProof } from '../../shared/merkle.ts'
import { disagreement } from './answer-head.ts'
import { answerLike } from './answer-like.ts'
import { type Opener, openEarly } from './opening.ts'
import { openBegun } from './reader.ts'

/** Nobody's (RFC 6761 §6.4), and never asked. */
const host = 'rehearsal.invalid'

/** As many hashes as a file of 16 MiB needs: enough for the page to compile them. */
const leafCount = 1024

/** An answer that is this long in coming leaves the time for it; a nearer one would wait for it. */
const waitMs = 10

export class Rehearsal {
  readonly #rehearse: () => Promise<void>
  #isDue = true
  #isAsking = false

  constructor(rehearse: () => Promise<void>) {
    this.#rehearse = rehearse
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
    this.#rehearse().catch(() => {}) // without it the first bytes are a little later
  }
}

/** Opens an answer that is here already, of a file that has no manifest: nothing is asked of anybody, and nothing stays. */
export async function rehearse(opener: Opener): Promise<void> {
  const { sha256, leafHashes } = opener.hasher
  // A page's first look into its storage waits for another process.
  opener.hints.has('')
  const leaf = new Uint8Array(leafBytes)
  const hash = await leafHashes(leaf)
  const proof = new Uint8Array(firstLeafProofCount(leafCount) * hash.length)
  const headers = {
    etag: `"${toHex(hashByProof(hash, proof, sha256))}"`,
    'content-length': `${leafCount * leafBytes}`,
    [firstLeafField]: `:${toBase64(concatBytes(hash, proof))}:`,
  }
  const response = new Response(leaf, { headers })
  const { signal } = new AbortController()
  const opened = await openEarly(
    { ...opener, isStrict: false, leafHosts: new Set([host]), manifests: async () => 'a rehearsal' },
    {
      url: `https://${host}/`,
      headers: new Headers(),
      signal,
      patienceMs: 0,
      begun: { response: Promise.resolve(response), cancel() {} },
    },
  )
  if (opened.kind === 'begun') await answerLike(response, openBegun(opener.runtime, opened, signal)).arrayBuffer()
  // Where no head proves a leaf the manifest does: here that of a file of one leaf.
  const hashes = { root: toHex(hash), head: toBase64(hash), headProof: '', chunks: toBase64(hash) }
  const fields = { nearcast: 1, name: 'none', type: 'a/b', size: leafBytes, chunkSize: chunkBytesMin, ...hashes }
  const manifest = readManifest(JSON.stringify(fields), sha256)
  if (manifest.ok) disagreement(response, manifest.value)
}
