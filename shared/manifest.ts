/**
 * The manifest: what a file is and how to check every part of it. Text in, a checked value out: a manifest that
 * parses has a chunk layer (or pages) and a head that really hash to its root.
 */
import { type Bytes, equalBytes, fromBase64, fromHex, hashBytes, type Sha256, toBase64, toHex } from './bytes.ts'
import { Geometry, isChunkBytes } from './geometry.ts'
import { isRoot, type Root } from './ids.ts'
import { fileBytesMax, manifestChunksMax, manifestTextMax, nameLengthMax, pageChunks } from './limits.ts'
import { chunkHash, pageHash, rootOfChunks, rootOfPages } from './merkle.ts'
import { ok, type Result, violation } from './result.ts'
import { guard, integer, literal, object, optional, text } from './schema.ts'

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
  hashes: { kind: 'chunks'; layer: Bytes } | { kind: 'pages'; layer: Bytes }
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
})

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
  return { name, type, root, geometry, hashes: { kind: 'pages', layer: pages }, head }
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
  if (fields === undefined) return violation('manifest has a missing or wrong field')
  if (!isChunkBytes(fields.chunkSize)) return violation(`manifest has a chunk size of ${fields.chunkSize}`)
  if (!isPlainName(fields.name)) return violation('manifest has a name that is no file name')
  const geometry = new Geometry(fields.size, fields.chunkSize)
  const paged = geometry.chunkCount > manifestChunksMax
  const layerText = paged ? fields.pages : fields.chunks
  const layer = layerText === undefined ? undefined : fromBase64(layerText)
  const hashCount = paged ? Math.ceil(geometry.chunkCount / pageChunks) : geometry.chunkCount
  if (layer?.length !== hashCount * hashBytes) return violation(`manifest needs ${hashCount} hashes`)
  const head = fromBase64(fields.head)
  const headLeaves = Math.min(geometry.leafCount, geometry.leavesPerChunk)
  if (head?.length !== headLeaves * hashBytes) return violation(`manifest head needs ${headLeaves} hashes`)
  const root = paged ? rootOfPages(layer, geometry, sha256) : rootOfChunks(layer, geometry, sha256)
  if (!equalBytes(root, fromHex(fields.root)!)) return violation('manifest hashes do not lead to its root')
  if (!paged && headLeaves > 0 && !equalBytes(chunkHash(head, geometry, sha256), layer.subarray(0, hashBytes))) {
    return violation('manifest head does not lead to the first chunk')
  }
  const { name, type } = fields
  return ok({ name, type, root: fields.root, geometry, hashes: { kind: paged ? 'pages' : 'chunks', layer }, head })
}

/** A name that a file system takes as one plain file: no separators, no control characters, not `.` or `..`. */
function isPlainName(name: string): boolean {
  if (name === '.' || name === '..') return false
  for (const letter of name) if (letter < ' ' || letter === '/' || letter === '\\' || letter === '\x7f') return false
  return true
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
    this.#pages.set(page, bytes)
    return true
  }

  /** True when `hash` is the hash of this chunk; its page must be known. */
  matches(index: number, hash: Uint8Array): boolean {
    const { hashes } = this.#manifest
    const layer = hashes.kind === 'chunks' ? hashes.layer : this.#pages.get(Math.floor(index / pageChunks))
    if (layer === undefined) return false
    const at = (hashes.kind === 'chunks' ? index : index % pageChunks) * hashBytes
    return equalBytes(hash, layer.subarray(at, at + hashBytes))
  }
}
