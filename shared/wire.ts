/**
 * What two peers say to each other over a data channel: binary frames, the first byte is the type. Numbers are
 * big-endian. A frame that is not exactly one message is a violation. docs/PROTOCOL.md has each in hex.
 *
 * A link carries several swarms. Each side numbers those it takes part in (`attach`), and every message about a
 * swarm carries the sender's own number for it: its slot.
 */
import { choice, type Field, fixed, type Reader, rest, restOf, restU32, struct, u8, u16, u32 } from './codec.ts'
import { swarmIdBytes } from './ids.ts'
import { frameBytesMax, haveIndexesMax, requestPartsMax } from './limits.ts'
import { ok, type Result, violation } from './result.ts'

export const wireVersion = 1

const messages = {
  /** First on every link, from both sides. `instance` is random per client: it shows a second link to the same peer. */
  hello: { code: 0x01, fields: struct({ version: u8, instance: fixed(8), frameBytesMax: u32 }) },
  /** "I take part in this swarm, under this slot, and hold these chunks" (a bitfield). */
  attach: { code: 0x02, fields: struct({ slot: u16, swarm: fixed(swarmIdBytes), have: rest }) },
  detach: { code: 0x03, fields: struct({ slot: u16 }) },
  /** The answer to an `attach` of a swarm that this side is not in; `slot` is the other side's. */
  decline: { code: 0x0c, fields: struct({ slot: u16 }) },
  have: { code: 0x04, fields: struct({ slot: u16, indexes: restU32(haveIndexesMax) }) },
  /** The reverse of `have`: these were given up. */
  lost: { code: 0x05, fields: struct({ slot: u16, indexes: restU32(haveIndexesMax) }) },
  /** Asks for bytes [offset, offset + length) of some chunks. What is asked for is also the credit to send it. */
  request: {
    code: 0x06,
    fields: struct({ slot: u16, parts: restOf(struct({ index: u32, offset: u32, length: u32 }), requestPartsMax) }),
  },
  /** Takes back all requests for a chunk; data on its way may still come. */
  cancel: { code: 0x07, fields: struct({ slot: u16, index: u32 }) },
  /** The answer to a request that will not be served. */
  refuse: { code: 0x08, fields: struct({ slot: u16, index: u32, reason: choice('missing', 'busy', 'off') }) },
  /** "These chunks are on their way to me from the origin, within this time": others need not fetch them there too. */
  claim: { code: 0x0d, fields: struct({ slot: u16, first: u32, count: u32, withinMs: u32 }) },
  ping: { code: 0x09, fields: struct({ nonce: u32 }) },
  /** `clock`: the answering side's, in milliseconds modulo 2^32 from an instant that nobody else knows. */
  pong: { code: 0x0a, fields: struct({ nonce: u32, clock: u32 }) },
  /** "I have another link to you": should the other side see two as well, one of them is closed. */
  twin: { code: 0x0e, fields: struct({}) },
  /** Last on a link that is closed on purpose. */
  bye: { code: 0x0b, fields: struct({ reason: choice('leaving', 'full', 'duplicate', 'violation', 'idle') }) },
} as const

const dataCode = 0x10

/** Bytes of a data frame before its payload: type, slot, chunk index, offset in the chunk. */
export const dataHeaderBytes = 11

/** Where in its chunk a frame's payload begins, if it is data. */
export const dataOffsetOf = (frame: Uint8Array): number | undefined =>
  frame[0] === dataCode && frame.length > dataHeaderBytes
    ? new DataView(frame.buffer, frame.byteOffset).getUint32(7)
    : undefined

type Declared = { [K in keyof typeof messages]: { type: K } & FieldsOfMessage<(typeof messages)[K]['fields']> }
type FieldsOfMessage<T> = T extends Field<infer V> ? V : never
export type ControlMessage = Declared[keyof Declared]

/** Payload bytes of one chunk. Decoded, `payload` is a view of the frame: nothing is copied. */
export type DataMessage = { type: 'data'; slot: number; index: number; offset: number; payload: Uint8Array }

export type WireMessage = ControlMessage | DataMessage

const byCode = new Map<number, { type: keyof typeof messages; fields: Field<unknown> }>()
for (const [type, { code, fields }] of Object.entries(messages)) {
  byCode.set(code, { type: type as keyof typeof messages, fields: fields as Field<unknown> })
}

/** @param space where a data frame may be built, when it is sent, and so copied, before the next one is encoded */
export function encodeWire(message: WireMessage, space?: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (message.type === 'data') {
    const length = dataHeaderBytes + message.payload.length
    const frame = space && length <= space.length ? space.subarray(0, length) : new Uint8Array(length)
    const view = new DataView(frame.buffer, frame.byteOffset, length)
    view.setUint8(0, dataCode)
    view.setUint16(1, message.slot)
    view.setUint32(3, message.index)
    view.setUint32(7, message.offset)
    frame.set(message.payload, dataHeaderBytes)
    return frame
  }
  const { code, fields } = messages[message.type] as { code: number; fields: Field<unknown> }
  const frame = new Uint8Array(1 + fields.size(message))
  frame[0] = code
  fields.put(new DataView(frame.buffer), 1, message)
  return frame
}

export function decodeWire(frame: Uint8Array): Result<WireMessage> {
  if (frame.length === 0) return violation('empty frame')
  if (frame.length > frameBytesMax) return violation(`frame of ${frame.length} bytes`)
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const code = frame[0]!
  if (code === dataCode) {
    if (frame.length <= dataHeaderBytes) return violation('data without payload')
    return ok({
      type: 'data',
      slot: view.getUint16(1),
      index: view.getUint32(3),
      offset: view.getUint32(7),
      payload: frame.subarray(dataHeaderBytes),
    })
  }
  const declared = byCode.get(code)
  if (declared === undefined) return violation(`unknown type ${code}`)
  const reader: Reader = { view, at: 1 }
  const fields = declared.fields.get(reader)
  if (fields === undefined) return violation(`malformed ${declared.type}`)
  if (reader.at !== frame.length) return violation(`${frame.length - reader.at} bytes after ${declared.type}`)
  return ok({ type: declared.type, ...(fields as object) } as ControlMessage)
}
