/**
 * The 20-byte names of BitTorrent in JSON: strings whose letters stand for one byte each, U+0000 to U+00FF. The same name
 * can be written in several ways. Texts are UTF-8 bytes as Latin-1 letters.
 */

declare const brand: unique symbol

/** 20 letters, one a byte. */
export type BinaryId = string & { readonly [brand]: 'BinaryId' }

const binaryIdBytes = 20

const backslash = 0x5c
const letterU = 0x75

const escapes: Record<string, number> = { '"': 34, '\\': 92, '/': 47, b: 8, f: 12, n: 10, r: 13, t: 9 }

/** @param written a valid JSON string without its quotes */
export function binaryIdOf(written: string): BinaryId | undefined {
  const codes: number[] = []
  for (let at = 0; at < written.length; at++) {
    let code = written.charCodeAt(at)
    if (code === backslash) {
      at++
      if (written.charCodeAt(at) === letterU) {
        code = Number.parseInt(written.slice(at + 1, at + 5), 16)
        at += 4
        if (code > 0xff) return undefined
      } else {
        code = escapes[written.charAt(at)]!
      }
    } else if (code >= 0x80) {
      // U+0080 to U+00FF are two bytes, the first of which is C2 or C3.
      if (code !== 0xc2 && code !== 0xc3) return undefined
      at++
      code = ((code & 0x03) << 6) | (written.charCodeAt(at) & 0x3f)
    }
    if (codes.length === binaryIdBytes) return undefined
    codes.push(code)
  }
  // A text of its own: a slice would keep the whole message that it was cut from.
  return codes.length === binaryIdBytes ? (String.fromCharCode(...codes) as BinaryId) : undefined
}

/** As `JSON.stringify` writes it, without quotes. */
export function writtenId(id: BinaryId): string {
  let written = ''
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i)
    if (code < 0x20 || code === 0x22 || code === backslash) written += JSON.stringify(id[i]).slice(1, -1)
    else if (code < 0x80) written += id[i]
    else written += String.fromCharCode(0xc0 | (code >> 6), 0x80 | (code & 0x3f))
  }
  return written
}

export function hexOf(id: BinaryId): string {
  let hex = ''
  for (let i = 0; i < id.length; i++) hex += id.charCodeAt(i).toString(16).padStart(2, '0')
  return hex
}
