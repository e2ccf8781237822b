/** What the head of an answer says about its body: which bytes it brings, and whether a manifest speaks of the same. */

import { firstLeafField } from '../../shared/first-leaf.ts'
import { isRoot, type Root } from '../../shared/ids.ts'
import { fileBytesMax } from '../../shared/limits.ts'
import type { Manifest } from '../../shared/manifest.ts'

/** Bytes [from, to) as a Range header asked for them. */
export interface ByteRange {
  from: number
  to: number
}

/** Whether the answer is the whole file, or the one range that was asked for. */
export function isAnswerTo(range: ByteRange | undefined, isRanged: boolean, { status, headers }: Response): boolean {
  if (!isRanged) return status === 200
  const said = headers.get('content-range')
  return range !== undefined && status === 206 && (said?.startsWith(`bytes ${range.from}-${range.to - 1}/`) ?? true)
}

/** Why an answer and a manifest do not speak of the same bytes, when they do not. */
export function disagreement(response: Response, { geometry, root }: Manifest): string | undefined {
  if (response.headers.has('content-encoding')) return 'the answer is encoded'
  const total =
    response.status === 206
      ? response.headers.get('content-range')?.split('/')[1]
      : response.headers.get('content-length')
  if (total !== null && total !== String(geometry.fileBytes)) {
    return `the answer has ${total ?? 'no'} bytes, the manifest ${geometry.fileBytes}`
  }
  const etag = response.headers.get('etag')
  if (etag && /^"[0-9a-f]{64}"$/.test(etag) && etag !== `"${root}"`) return 'the manifest is of another version'
  return undefined
}

/** One range of bytes (RFC 9110 §14.1.2), or undefined for anything else. */
export function parseRange(header: string, fileBytes: number): ByteRange | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header.trim()) ?? []
  if (first === undefined || last === undefined || first + last === '') return undefined
  const from = first === '' ? Math.max(0, fileBytes - Number(last)) : Number(first)
  const to = first === '' || last === '' ? fileBytes : Math.min(Number(last) + 1, fileBytes)
  return from < to ? { from, to } : undefined
}

/** What an answer's head says of its first leaf, not yet proven. */
export interface LeafClaim {
  /** The field that proves it. */
  field: string
  root: Root
  fileBytes: number
}

export function leafClaimOf({ status, body, headers }: Response): LeafClaim | undefined {
  const field = headers.get(firstLeafField)
  const root = headers.get('etag')?.slice(1, -1)
  const fileBytes = Number(headers.get('content-length') ?? Number.NaN)
  if (status !== 200 || !body || field === null || headers.has('content-encoding')) return undefined
  return isRoot(root) && fileBytes > 0 && fileBytes <= fileBytesMax ? { field, root, fileBytes } : undefined
}

/** The head of an answer that was never asked for: what the server would have said. */
export function headOf(manifest: Manifest, range: ByteRange | undefined): { status: 200 | 206; headers: Headers } {
  const { fileBytes } = manifest.geometry
  const headers = new Headers({ 'content-type': manifest.type, 'accept-ranges': 'bytes', etag: `"${manifest.root}"` })
  headers.set('content-length', String(range ? range.to - range.from : fileBytes))
  if (range) headers.set('content-range', `bytes ${range.from}-${range.to - 1}/${fileBytes}`)
  return { status: range ? 206 : 200, headers }
}
