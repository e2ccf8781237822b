/**
 * The manifest: what a file is and how to check every part of it. Text in, a checked value out: a manifest that
 * parses has a chunk layer (or pages) and a head that really hash to its root.
 */
import { type Bytes, equalBytes, fromBase64, fromHex, hashBytes, type Sha256, toBase64, toHex } from './bytes.ts'
import { Geometry, isChunkBytes } from './geometry.ts'
import { isRoot, type Root } from './ids.ts'
import { chunkCountMax, fileBytesMax, manifestChunksMax, manifestTextMax, nameLengthMax, pageChunks } from './limits.ts'
import {
  chunkHash,
  firstChunkProof,
  firstChunkProofCount,
  pageHash,
  pageHashByProof,
  rootOfChunks,
  rootOfPages,
} from './merkle.ts'
import { ok, type Result, violation } from './result.ts'
import { guard, type Infer, integer, literal, object, optional, text } from './schema.ts'

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
  /**
   * Up to 2,048 chunks: all their hashes. Past that: the hashes of pages of 512 chunk hashes, and the proof that the
   * first chunk belongs to the first page, so that the head can be trusted before any page is here.
   */
  hashes: { kind: 'chunks'; layer: Bytes } | { kind: 'pages'; layer: Bytes; headProof: Bytes }
  /** The leaf hashes of the first chunk, so that the first bytes are released leaf by leaf. */
  head: Bytes
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
  headProof: optional(text(manifestTextMax)),
})

/** `type/subtype` and parameters (RFC 9110 §8.3.1), in characters that a header field takes. */
const mediaTypePattern = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(;[ -~]*)?$/

/** What no file name has: separators, control characters, halves of surrogate pairs. */
const namePattern = /^[^/\\\p{Cc}\p{Cs}]+$/u

export function printManifest(manifest: Manifest): string {
  const { name, type, root, geometry, hashes, head } = manifest
  return JSON.stringify({
    nearcast: 1,
    name,
    type,
    size: geometry.fileBytes,
    root,
    chunkSize: geometry.chunkBytes,
    head: toBase64(head),
    [hashes.kind]: toBase64(hashes.layer),
    ...(hashes.kind === 'pages' && { headProof: toBase64(hashes.headProof) }),
  })
}

/** Makes a manifest of a whole chunk layer, as a publisher has it. */
export function createManifest(
  file: { name: string; type: string; geometry: Geometry; chunks: Bytes; head: Bytes; root: Bytes },
  sha256: Sha256,
): Manifest {
  const { name, type, geometry, chunks, head } = file
  const root = toHex(file.root) as Root
  if (geometry.chunkCount <= manifestChunksMax) {
    return { name, type, root, geometry, hashes: { kind: 'chunks', layer: chunks }, head }
  }
  const pageCount = Math.ceil(geometry.chunkCount / pageChunks)
  const pages = new Uint8Array(pageCount * hashBytes)
  for (let i = 0; i < pageCount; i++) {
    const page = chunks.subarray(i * pageChunks * hashBytes, (i + 1) * pageChunks * hashBytes)
    pages.set(pageHash(page, geometry, sha256), i * hashBytes)
  }
  const headProof = firstChunkProof(chunks.subarray(0, pageChunks * hashBytes), geometry, sha256)
  return { name, type, root, geometry, hashes: { kind: 'pages', layer: pages, headProof }, head }
}

/** @returns the manifest, or what is wrong with it: shape, sizes, or hashes that do not lead to the root */
export function parseManifest(json: string, sha256: Sha256): Result<Manifest> {
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
  const { name, type, size, root, chunkSize } = fields
  if (!namePattern.test(name) || name === '.' || name === '..') return violation('manifest name is no file name')
  if (!mediaTypePattern.test(type)) return violation('manifest type is no media type')
  if (!isChunkBytes(chunkSize)) return violation(`manifest has a chunk size of ${chunkSize}`)
  const geometry = new Geometry(size, chunkSize)
  if (geometry.chunkCount > chunkCountMax) return violation(`manifest has ${geometry.chunkCount} chunks`)
  const head = fromBase64(fields.head)
  const headLeaves = Math.min(geometry.leafCount, geometry.leavesPerChunk)
  if (head?.length !== headLeaves * hashBytes) return violation(`manifest head needs ${headLeaves} hashes`)
  const hashes = geometry.chunkCount > manifestChunksMax ? parsePages(fields, geometry) : parseChunks(fields, geometry)
  if (!hashes.ok) return hashes
  const wrong = disagreement({ root, geometry, hashes: hashes.value, head }, sha256)
  return wrong === undefined ? ok({ name, type, root, geometry, hashes: hashes.value, head }) : violation(wrong)
}

type Fields = Infer<typeof manifestShape>

function parseChunks(fields: Fields, { chunkCount }: Geometry): Result<Manifest['hashes']> {
  const layer = fromBase64(fields.chunks ?? '')
  if (layer?.length !== chunkCount * hashBytes) return violation(`manifest chunks needs ${chunkCount} hashes`)
  return ok({ kind: 'chunks', layer })
}

function parsePages(fields: Fields, { chunkCount }: Geometry): Result<Manifest['hashes']> {
  const pageCount = Math.ceil(chunkCount / pageChunks)
  const layer = fromBase64(fields.pages ?? '')
  if (layer?.length !== pageCount * hashBytes) return violation(`manifest pages needs ${pageCount} hashes`)
  const headProof = fromBase64(fields.headProof ?? '')
  if (headProof?.length !== firstChunkProofCount * hashBytes) {
    return violation(`manifest headProof needs ${firstChunkProofCount} hashes`)
  }
  return ok({ kind: 'pages', layer, headProof })
}

/** What does not lead to the root, if anything: the layer, or the head. */
function disagreement(manifest: Omit<Manifest, 'name' | 'type'>, sha256: Sha256): string | undefined {
  const { root, geometry, hashes, head } = manifest
  const paged = hashes.kind === 'pages'
  const found = (paged ? rootOfPages : rootOfChunks)(hashes.layer, geometry, sha256)
  if (!equalBytes(found, fromHex(root)!)) return 'manifest hashes do not lead to its root'
  if (head.length === 0) return undefined
  const first = chunkHash(head, geometry, sha256)
  const firstOfLayer = paged ? pageHashByProof(first, hashes.headProof, sha256) : first
  if (!equalBytes(firstOfLayer, hashes.layer.subarray(0, hashBytes))) return 'manifest head does not lead to its root'
  return undefined
}

/** The chunk hashes of a file, as far as they are known: all at once, or page by page. */
export class ChunkHashes {
  readonly #manifest: Manifest
  readonly #pages = new Map<number, Uint8Array>()

  constructor(manifest: Manifest) {
    this.#manifest = manifest
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
  addPage(page: number, bytes: Uint8Array, sha256: Sha256): boolean {
    const { geometry, hashes } = this.#manifest
    const [from, to] = this.pageRange(page)
    if (hashes.kind !== 'pages' || bytes.length !== to - from || bytes.length === 0) return false
    const expected = hashes.layer.subarray(page * hashBytes, (page + 1) * hashBytes)
    if (!equalBytes(pageHash(bytes, geometry, sha256), expected)) return false
    this.#pages.set(page, bytes.slice())
    return true
  }

  /** True when `hash` is the hash of this chunk; its page must be known. */
  matches(index: number, hash: Uint8Array): boolean {
    const { hashes } = this.#manifest
    const layer = hashes.kind === 'chunks' ? hashes.layer : this.#pages.get(Math.floor(index / pageChunks))
    if (layer === undefined || hash.length !== hashBytes) return false
    const at = (hashes.kind === 'chunks' ? index : index % pageChunks) * hashBytes
    return equalBytes(hash, layer.subarray(at, at + hashBytes))
  }
}
