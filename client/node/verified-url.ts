/**
 * A published file checked from outside, as its visitors get it: its manifest, every byte against it, and whether the
 * host answers as clients need it. Takes part in no swarm and keeps nothing.
 */
import { type Bytes, concatBytes, hashBytes, toHex } from '../../shared/bytes.ts'
import type { Geometry } from '../../shared/geometry.ts'
import { chunkCountMax, leafBytes } from '../../shared/limits.ts'
import { ChunkHashes, type Manifest } from '../../shared/manifest.ts'
import { TreeBuilder } from '../../shared/merkle.ts'
import { pagesAddress } from '../shell/beside-file.ts'
import { readBody } from '../shell/limited-body.ts'
import { bodyParts } from './body-parts.ts'
import type { ManifestDesk } from './manifest-desk.ts'
import { nodeHasher } from './node-hasher.ts'

/** A server that is still hashing the file is waited for so long. */
const manifestPatienceMs = 10_000

/** Hosts that answer only to pages send their CORS fields only to them. */
const pageOrigin = 'https://nearcast.invalid'

export interface VerifiedUrl {
  url: string
  bytes: number
  /** What is wrong, for people; empty when nothing is. */
  faults: string[]
  /** What is right, and worth knowing. */
  notes: string[]
}

/** @throws what the signal gives as its reason; whatever else goes wrong is a fault */
export async function verifyUrl(url: string, manifests: ManifestDesk, signal: AbortSignal): Promise<VerifiedUrl> {
  const found: VerifiedUrl = { url, bytes: 0, faults: [], notes: [] }
  try {
    const answer = await manifests.ask(url, signal, manifestPatienceMs)
    if (answer.kind === 'none') found.faults.push(answer.reason)
    else await compare(found, answer.manifest, signal)
  } catch (error) {
    signal.throwIfAborted()
    const { message, cause } = error as Error
    found.faults.push(cause instanceof Error ? `${message} (${cause.message})` : message)
  }
  return found
}

async function compare(found: VerifiedUrl, manifest: Manifest, signal: AbortSignal): Promise<void> {
  const { url, faults, notes } = found
  const { root, geometry } = manifest
  found.bytes = geometry.fileBytes
  const headers = { 'accept-encoding': 'identity', origin: pageOrigin }
  const response = await fetch(url, { headers, signal })
  if (!response.ok) return void faults.push(`the server answered ${response.status}`)
  const encoding = response.headers.get('content-encoding')
  if (encoding !== null && encoding !== 'identity') {
    return void faults.push(`it comes as ${encoding}: what is compressed on its way cannot be checked or shared`)
  }
  const made = await rootOf(response.body, geometry, signal)
  if (typeof made === 'string') faults.push(made)
  else if (toHex(made) !== root) faults.push('its bytes are not those that its manifest speaks of')
  if (manifest.hashes.kind === 'pages' && !(await arePagesRight(url, manifest, signal))) {
    faults.push('its hash pages are missing or wrong')
  }
  if (!response.headers.has('access-control-allow-origin')) {
    notes.push('pages of other sites cannot read it: that takes Access-Control-Allow-Origin: *')
  }
  if (geometry.fileBytes > 0 && !(await answersRange(url, geometry, signal))) {
    notes.push('Range is not answered: whatever part of it is missing costs the whole file')
  }
}

/** @returns the root of these bytes, or what is wrong with their number */
async function rootOf(
  body: ReadableStream<Uint8Array> | null,
  geometry: Geometry,
  signal: AbortSignal,
): Promise<Bytes | string> {
  const tree = new TreeBuilder(geometry, nodeHasher.sha256)
  let held: Uint8Array = new Uint8Array(0)
  let bytes = 0
  for await (const part of bodyParts(body, signal)) {
    bytes += part.length
    if (bytes > geometry.fileBytes) return `it has more than the ${geometry.fileBytes} bytes of its manifest`
    held = held.length === 0 ? part : concatBytes(held, part)
    let at = 0
    for (; held.length - at >= leafBytes; at += leafBytes) {
      tree.addLeaf(nodeHasher.sha256(held.subarray(at, at + leafBytes)))
    }
    held = held.subarray(at)
  }
  if (bytes < geometry.fileBytes) return `it has ${bytes} bytes, its manifest ${geometry.fileBytes}`
  if (held.length > 0) tree.addLeaf(nodeHasher.sha256(held))
  return tree.finish().root
}

async function arePagesRight(url: string, manifest: Manifest, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(pagesAddress(url), { signal })
  const layer = response.ok ? await readBody(response, chunkCountMax * hashBytes) : undefined
  if (layer?.length !== manifest.geometry.chunkCount * hashBytes) return false
  const hashes = new ChunkHashes(manifest, nodeHasher.sha256)
  const pageCount = manifest.hashes.layer.length / hashBytes
  return Array.from({ length: pageCount }, (_, page) => page).every((page) => {
    return hashes.addPage(page, layer.subarray(...hashes.pageRange(page)))
  })
}

async function answersRange(url: string, { fileBytes }: Geometry, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(url, { headers: { 'accept-encoding': 'identity', range: 'bytes=0-0' }, signal })
  await response.body?.cancel()
  return response.status === 206 && response.headers.get('content-range') === `bytes 0-0/${fileBytes}`
}
