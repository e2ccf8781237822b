/**
 * The manifest: what a file is and how to check every part of it. Text in, a checked value out: a manifest that
 * parses has a chunk layer (or pages) and a head that really hash to its root. One that was only read has its head
 * proven, in a dozen hashes, and its layer is proven before the first chunk is compared with it.
 */
import {
  type Bytes,
  concatBytes,
  equalBytes,
  fromBase64,
  fromHex,
  hashBytes,
  type Sha256,
  toBase64,
  toHex,
} from './bytes.ts'
import { Geometry, isChunkBytes } from './geometry.ts'
import { isRoot, isSwarmId, type Root, type SwarmId } from './ids.ts'
import { chunkCountMax, fileBytesMax, manifestChunksMax, manifestTextMax, nameLengthMax, pageChunks } from './limits.ts'
import {
  chunkHash,
  firstChunkProof,
  firstChunkProofCount,
  hashByProof,
  partHash,
  rootOfChunks,
  rootOfParts,
} from './merkle.ts'
import { ok, type Result, violation } from './result.ts'
import { guard, type Infer, integer, literal, object, optional, text } from './schema.ts'
import { mirrorsShape } from './servers.ts'
import { type SignedParts, signedPartsFields, signedPartsOf } from './signed-parts.ts'

/** Where a file's manifest is: beside the file, so that any static host can carry it. */
export const manifestSuffix = '.nearcast.json'

/** Where the chunk layer of a file with many chunks is: the hashes end to end, read by Range, a page at a time. */
export const pagesSuffix = '.nearcast.pages'

export interface Manifest {
  /** The file's last path segment. */
  name: string
  /** Its media type. */
  type: string
  root: Root
  geometry: Geometry
  /** Up to 2,048 chunks: all their hashes. Past that: the hashes of pages of 512 chunk hashes. */
  hashes: { kind: 'chunks' | 'pages'; layer: Bytes }
  /** The leaf hashes of the first chunk, so that the first bytes are released leaf by leaf. */
  head: Bytes
  /**
   * What leads from the first chunk's hash to the root, or to the first page's hash: so the first bytes are proven
   * before the layer is, which takes a cold page tens of milliseconds.
   */
  headProof: Bytes
  /** The swarm's name, where it does not follow from the root: a site with a key has names that nobody can guess. */
  swarm?: SwarmId
  /** Where the file is as well, for when its own address does not answer. */
  mirrors?: readonly string[]
  /** The site's signature over what the hashes follow from, as it came: whoever has the site's key checks it. */
  signed?: SignedParts
}

const manifestShape = object({
  nearcast: literal(1),
  name: text(nameLengthMax, 1),
  type: text(127, 1),
  size: integer(0, fileBytesMax),
  root: guard(isRoot),
  chunkSize: integer(1, Number.MAX_SAFE_INTEGER),
  chunks: optional(text(manifestTextMax)),
  pages: optional(text(manifestTextMax)),
  head: text(manifestTextMax),
  headProof: text(manifestTextMax),
  swarm: optional(guard(isSwarmId)),
  mirrors: optional(mirrorsShape),
  ...signedPartsFields,
})

/** `type/subtype` and parameters (RFC 9110 §8.3.1), in characters that a header field takes. */
const mediaTypePattern = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(;[ -~]*)?$/

/**
 * What no file name has: separators, control characters, halves of surrogate pairs, and what turns the letters after it
 * round, so that a program looks like a picture (CVE-2021-42574 is the same in source code).
 */
const namePattern = /^[^/\\\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]+$/u

export function printManifest(manifest: Manifest): string {
  const { name, type, root, geometry, hashes, head, headProof, swarm, mirrors, signed } = manifest
  return JSON.stringify({
    nearcast: 1,
    name,
    type,
    size: geometry.fileBytes,
    root,
    ...(swarm !== undefined && { swarm }),
    ...(mirrors !== undefined && { mirrors }),
    chunkSize: geometry.chunkBytes,
    head: toBase64(head),
    headProof: toBase64(headProof),
    [hashes.kind]: toBase64(hashes.layer),
    ...signed,
  })
}

/** Makes a manifest of a whole chunk layer, as a publisher has it. */
export function createManifest(
  file: { name: string; type: string; geometry: Geometry; chunks: Bytes; head: Bytes; root: Bytes },
  sha256: Sha256,
): Manifest {
  const { name, type, geometry, chunks, head } = file
  const root = toHex(file.root) as Root
  const headProof = firstChunkProof(chunks, geometry, sha256)
  if (geometry.chunkCount <= manifestChunksMax) {
    return { name, type, root, geometry, hashes: { kind: 'chunks', layer: chunks }, head, headProof }
  }
  const pageCount = Math.ceil(geometry.chunkCount / pageChunks)
  const pages = new Uint8Array(pageCount * hashBytes)
  for (let i = 0; i < pageCount; i++) {
    const page = chunks.subarray(i * pageChunks * hashBytes, (i + 1) * pageChunks * hashBytes)
    pages.set(partHash(page, pageChunks, geometry, sha256), i * hashBytes)
  }
  return { name, type, root, geometry, hashes: { kind: 'pages', layer: pages }, head, headProof }
}

/** @returns the manifest, or what is wrong with it: shape, sizes, or hashes that do not lead to the root */
export function parseManifest(json: string, sha256: Sha256): Result<Manifest> {
  const manifest = readManifest(json, sha256)
  if (!manifest.ok || isLayerRight(manifest.value, sha256)) return manifest
  return violation('manifest hashes do not lead to its root')
}

/** The same, but for a chunk layer: `ChunkHashes` proves it before it is used. */
export function readManifest(json: string, sha256: Sha256): Result<Manifest> {
  if (json.length > manifestTextMax) return violation(`manifest of ${json.length} characters`)
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return violation('manifest is not JSON')
  }
  const fields = manifestShape(value)
  if (fields === undefined) {
    return violation(`manifest has a missing or wrong field: ${manifestShape.wrongField(value) ?? 'it is no object'}`)
  }
  const { name, type, size, root, chunkSize, swarm, mirrors } = fields
  if (!namePattern.test(name) || name === '.' || name === '..') return violation('manifest name is no file name')
  if (!mediaTypePattern.test(type)) return violation('manifest type is no media type')
  if (!isChunkBytes(chunkSize)) return violation(`manifest has a chunk size of ${chunkSize}`)
  const geometry = new Geometry(size, chunkSize)
  if (geometry.chunkCount > chunkCountMax) return violation(`manifest has ${geometry.chunkCount} chunks`)
  const head = fromBase64(fields.head)
  const headLeaves = Math.min(geometry.leafCount, geometry.leavesPerChunk)
  if (head?.length !== headLeaves * hashBytes) return violation(`manifest head needs ${headLeaves} hashes`)
  const headProof = fromBase64(fields.headProof)
  const proofCount = firstChunkProofCount(geometry)
  if (headProof?.length !== proofCount * hashBytes) return violation(`manifest headProof needs ${proofCount} hashes`)
  const hashes = parseHashes(fields, geometry)
  if (!hashes.ok) return hashes
  const signed = signedPartsOf(fields)
  const own = { ...(swarm && { swarm }), ...(mirrors && { mirrors }), ...(signed && { signed }) }
  const manifest: Manifest = { name, type, root, geometry, hashes: hashes.value, head, headProof, ...own }
  if (hashes.value.kind === 'pages' && !isLayerRight(manifest, sha256)) {
    return violation('manifest hashes do not lead to its root')
  }
  return isHeadRight(manifest, sha256) ? ok(manifest) : violation('manifest head does not lead to its root')
}

function parseHashes(fields: Infer<typeof manifestShape>, { chunkCount }: Geometry): Result<Manifest['hashes']> {
  const kind = chunkCount > manifestChunksMax ? 'pages' : 'chunks'
  const count = kind === 'pages' ? Math.ceil(chunkCount / pageChunks) : chunkCount
  const layer = fromBase64(fields[kind] ?? '')
  if (layer?.length !== count * hashBytes) return violation(`manifest ${kind} needs ${count} hashes`)
  return ok({ kind, layer })
}

function isLayerRight({ root, geometry, hashes }: Manifest, sha256: Sha256): boolean {
  const { kind, layer } = hashes
  const found =
    kind === 'pages' ? rootOfParts(layer, pageChunks, geometry, sha256) : rootOfChunks(layer, geometry, sha256)
  return equalBytes(found, fromHex(root)!)
}

function isHeadRight({ root, geometry, hashes, head, headProof }: Manifest, sha256: Sha256): boolean {
  if (head.length === 0) return true
  const top = hashByProof(chunkHash(head, geometry, sha256), headProof, sha256)
  return equalBytes(top, hashes.kind === 'pages' ? hashes.layer.subarray(0, hashBytes) : fromHex(root)!)
}

/** Chunks whose hashes are proven in one step: about 5 ms of a page that has computed no hash before. */
const stepChunks = 128

/** The check that a chunk layer leads to its root, in steps. A layer of pages was checked when it was read. */
class LayerProof {
  readonly #manifest: Manifest
  readonly #sha256: Sha256
  readonly #parts: Uint8Array[] = []
  /** Undefined until all is proven, or found wrong. */
  isRight: boolean | undefined

  constructor(manifest: Manifest, sha256: Sha256) {
    this.#manifest = manifest
    this.#sha256 = sha256
    if (manifest.hashes.kind === 'pages') this.isRight = true
  }

  step(): boolean {
    const { root, geometry, hashes } = this.#manifest
    if (this.isRight !== undefined) return true
    if (geometry.chunkCount <= stepChunks) {
      this.isRight = isLayerRight(this.#manifest, this.#sha256)
      return true
    }
    const from = this.#parts.length * stepChunks
    if (from < geometry.chunkCount) {
      const part = hashes.layer.subarray(from * hashBytes, (from + stepChunks) * hashBytes)
      this.#parts.push(partHash(part, stepChunks, geometry, this.#sha256))
      return false
    }
    const found = rootOfParts(concatBytes(...this.#parts), stepChunks, geometry, this.#sha256)
    this.isRight = equalBytes(found, fromHex(root)!)
    return true
  }
}

/** The chunk hashes of a file, as far as they are known: all at once, or page by page. */
export class ChunkHashes {
  readonly #manifest: Manifest
  readonly #sha256: Sha256
  readonly #pages = new Map<number, Uint8Array>()
  #layerProof: LayerProof

  constructor(manifest: Manifest, sha256: Sha256) {
    this.#manifest = manifest
    this.#sha256 = sha256
    this.#layerProof = new LayerProof(manifest, sha256)
  }

  /** Proves a part of the layer, so that a page can do other things between. @returns true when all is done */
  proveStep(): boolean {
    return this.#layerProof.step()
  }

  /** Whether the layer leads to the root, as far as it is proven. */
  get isLayerRight(): boolean {
    return this.#layerProof.isRight === true
  }

  /** The page that must be added before this chunk can be checked, or undefined when its hash is known. */
  missingPage(index: number): number | undefined {
    if (this.#manifest.hashes.kind === 'chunks') return undefined
    const page = Math.floor(index / pageChunks)
    return this.#pages.has(page) ? undefined : page
  }

  /** A page's place in the file at `pagesSuffix`, in bytes [from, to). */
  pageRange(page: number): [from: number, to: number] {
    const end = Math.min((page + 1) * pageChunks, this.#manifest.geometry.chunkCount)
    return [page * pageChunks * hashBytes, end * hashBytes]
  }

  /** Takes a page that hashes to what the manifest says; any other is refused. */
  addPage(page: number, bytes: Uint8Array): boolean {
    const { geometry, hashes } = this.#manifest
    const [from, to] = this.pageRange(page)
    if (hashes.kind !== 'pages' || bytes.length !== to - from || bytes.length === 0) return false
    const expected = hashes.layer.subarray(page * hashBytes, (page + 1) * hashBytes)
    if (!equalBytes(partHash(bytes, pageChunks, geometry, this.#sha256), expected)) return false
    this.#pages.set(page, bytes.slice())
    return true
  }

  /** True when `hash` is the hash of this chunk; its page must be known. A layer that is wrong matches nothing. */
  matches(index: number, hash: Uint8Array): boolean {
    const { hashes } = this.#manifest
    while (!this.#layerProof.step());
    if (!this.#layerProof.isRight) return false
    const layer = hashes.kind === 'chunks' ? hashes.layer : this.#pages.get(Math.floor(index / pageChunks))
    if (layer === undefined || hash.length !== hashBytes) return false
    const at = (hashes.kind === 'chunks' ? index : index % pageChunks) * hashBytes
    return equalBytes(hash, layer.subarray(at, at + hashBytes))
  }
}
