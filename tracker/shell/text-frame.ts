/**
 * Whole frames to a client in one write and without a buffer of their own. ws makes two of each frame, head and text.
 * Server frames are not masked (RFC 6455 §5.1), and without compression ws holds none back, so both may write.
 */
import type { Duplex } from 'node:stream'

/** The first byte of a text frame that is not cut in pieces. */
const textHead = '\x81'

/** Lengths from here on are written in two more bytes, longer ones in eight. */
const mediumLengthMin = 126
const longLengthMin = 65_536

/**
 * @param encoding `latin1` when the text's letters are the bytes to send
 * @returns false when nothing was written, as the text is too long or not ASCII
 */
export function writeTextFrame(stream: Duplex, text: string, encoding: 'utf8' | 'latin1'): boolean {
  const { length } = text
  if (length >= longLengthMin || (encoding === 'utf8' && Buffer.byteLength(text) !== length)) return false
  const head =
    length < mediumLengthMin
      ? String.fromCharCode(length)
      : `\x7e${String.fromCharCode(length >> 8)}${String.fromCharCode(length & 0xff)}`
  stream.write(textHead + head + text, 'latin1')
  return true
}
