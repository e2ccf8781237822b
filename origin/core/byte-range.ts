/** The `Range` request header (RFC 9110 §14.2). Owns which bytes are meant; knows no file and no response. */

export type ByteRange =
  /** No range to honour: the whole file is the answer. */
  | { kind: 'whole' }
  /** Bytes [from, to). */
  | { kind: 'part'; from: number; to: number }
  | { kind: 'unsatisfiable' }

const whole: ByteRange = { kind: 'whole' }
const unsatisfiable: ByteRange = { kind: 'unsatisfiable' }

/** The longest header looked at: two 64-bit numbers and a unit need 50 characters. */
const rangeLengthMax = 128

/**
 * Honours a single range. Several ranges, other units and malformed headers are ignored, as RFC 9110 §14.2 allows:
 * a client that asks for one range gets it, and nobody makes the server assemble multipart bodies.
 */
export function parseRange(header: string | undefined, fileBytes: number): ByteRange {
  if (header === undefined || header.length > rangeLengthMax) return whole
  const ranges = /^bytes=(.*)$/i.exec(header)?.[1]
  if (ranges === undefined) return whole
  // A list may have empty elements (RFC 9110 §5.6.1.2): `bytes=0-4,` is one range.
  const present = ranges.split(',').map((range) => range.replace(/^[ \t]+|[ \t]+$/g, ''))
  const [range, ...others] = present.filter((text) => text !== '')
  const match = /^(\d*)-(\d*)$/.exec(range ?? '')
  if (match === null || others.length > 0) return whole
  const [, first, last] = match as unknown as [string, string, string]
  if (first === '') return last === '' ? whole : suffixOf(Number(last), fileBytes)
  const from = Number(first)
  if (last !== '' && Number(last) < from) return whole
  if (from >= fileBytes) return unsatisfiable
  return { kind: 'part', from, to: last === '' ? fileBytes : Math.min(Number(last) + 1, fileBytes) }
}

function suffixOf(suffixBytes: number, fileBytes: number): ByteRange {
  if (suffixBytes === 0) return unsatisfiable
  // The last bytes of an empty file are satisfiable, but no Content-Range can say so.
  if (fileBytes === 0) return whole
  return { kind: 'part', from: Math.max(0, fileBytes - suffixBytes), to: fileBytes }
}
