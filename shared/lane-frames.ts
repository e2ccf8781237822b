/**
 * What two ends of a link say to each other about its lanes, the further connections between the same two peers. Knows
 * nothing of what the frames carry that go by them. docs/PROTOCOL.md has each in hex.
 */
import { descriptionLengthMax, frameBytesMax } from './limits.ts'
import { ok, type Result, violation } from './result.ts'
import type { Infer } from './schema.ts'
import { candidate, description } from './tracker-messages.ts'

/** A line of a session description: its sender knows lanes. Who does not know it passes over it (RFC 8866 §5.13). */
export const lanesLine = 'a=x-nearcast-lanes:1\r\n'

export type LaneSignal = { description: Infer<typeof description> } | { candidate: Infer<typeof candidate> }

export type LaneFrame =
  /** A frame of the link, and how many went before it by whatever way. */
  | { type: 'numbered'; number: number; frame: Uint8Array }
  /** A step of the negotiation of a lane, by the link's first connection. */
  | { type: 'signal'; lane: number; signal: LaneSignal }
  /** By the lane itself: nothing more comes by it. By the first connection: it is not to be, or is no more. */
  | { type: 'end'; lane: number }

const codes = { numbered: 0x20, signal: 0x21, end: 0x22 } as const

/** Bytes of a numbered frame before the link's own. */
export const numberedHeaderBytes = 5

/** An SDP in JSON, with its line ends in two characters each. */
const signalBytesMax = 2 * descriptionLengthMax

/** @param space where the frame may be built, when it is sent, and so copied, before the next one is encoded */
export function encodeNumbered(number: number, frame: Uint8Array, space: Uint8Array<ArrayBuffer>): Uint8Array {
  const length = numberedHeaderBytes + frame.length
  const out = length <= space.length ? space.subarray(0, length) : new Uint8Array(length)
  out[0] = codes.numbered
  new DataView(out.buffer, out.byteOffset).setUint32(1, number)
  out.set(frame, numberedHeaderBytes)
  return out
}

export function encodeLaneSignal(lane: number, signal: LaneSignal): Uint8Array {
  const text = JSON.stringify(signal)
  const out = new Uint8Array(2 + text.length)
  out[0] = codes.signal
  out[1] = lane
  // Descriptions and candidates are ASCII; any other character comes out as one that the other side refuses.
  for (let at = 0; at < text.length; at++) out[2 + at] = Math.min(text.charCodeAt(at), 0xff)
  return out
}

export const encodeLaneEnd = (lane: number): Uint8Array => Uint8Array.of(codes.end, lane)

/** @returns undefined for a frame that is not about lanes */
export function decodeLaneFrame(frame: Uint8Array): Result<LaneFrame | undefined> {
  switch (frame[0]) {
    case codes.numbered: {
      if (frame.length <= numberedHeaderBytes) return violation('numbered frame without a frame')
      if (frame.length > numberedHeaderBytes + frameBytesMax) return violation(`frame of ${frame.length} bytes`)
      const number = new DataView(frame.buffer, frame.byteOffset).getUint32(1)
      return ok({ type: 'numbered', number, frame: frame.subarray(numberedHeaderBytes) })
    }
    case codes.signal: {
      const signal = frame.length > signalBytesMax ? undefined : signalOf(frame.subarray(2))
      return signal ? ok({ type: 'signal', lane: frame[1]!, signal }) : violation('malformed signal of a lane')
    }
    case codes.end:
      return frame.length === 2 ? ok({ type: 'end', lane: frame[1]! }) : violation('malformed end of a lane')
    default:
      return ok(undefined)
  }
}

function signalOf(bytes: Uint8Array): LaneSignal | undefined {
  let value: unknown
  try {
    value = JSON.parse(asciiOf(bytes))
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const fields = value as Record<string, unknown>
  const described = Object.hasOwn(fields, 'description') ? description(fields.description) : undefined
  if (described) return { description: described }
  const found = Object.hasOwn(fields, 'candidate') ? candidate(fields.candidate) : undefined
  return found && { candidate: found }
}

function asciiOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte < 0x80 ? byte : 0)
  return text
}
