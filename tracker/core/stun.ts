/**
 * STUN Binding, from datagram to answer (RFC 8489): who asks from where. Owns the bytes of both, and nothing else: no
 * socket, no rate. Knows no other method, no credentials and no attribute of other usages.
 *
 * What is no Binding request in today's form is left without an answer. That goes for RFC 3489 as well, which has no
 * magic cookie: RFC 5389 §12 leaves it to each usage, WebRTC never sends it, and without the cookie nothing tells a
 * request from any other protocol's bytes.
 */

/** Who sent a datagram: 4 or 16 bytes of address, as in a packet's header, and the port. */
export interface Endpoint {
  address: Uint8Array
  port: number
}

export interface BindingRequest {
  /** 12 bytes that the answer repeats. */
  transaction: Uint8Array
  /** Attributes that must be understood and are not. */
  unknown: number[]
  /** Then the answer has a fingerprint too. */
  isFingerprinted: boolean
}

const headerBytes = 20
const attributeHeaderBytes = 4
const transactionAt = 8
const fingerprintBytes = attributeHeaderBytes + 4

/** What IPv6 carries everywhere without fragments, less its header and UDP's (RFC 8489 §6.1). */
export const stunRequestBytesMax = 1280 - 48

const magicCookie = 0x2112a442
const bindingRequest = 0x0001
const bindingSuccess = 0x0101
const bindingError = 0x0111

const messageIntegrity = 0x0008
const messageIntegritySha256 = 0x001c
const errorCode = 0x0009
const unknownAttributes = 0x000a
const xorMappedAddress = 0x0020
const fingerprint = 0x8028

/** Below this, an attribute must be understood (§14). */
const optionalFrom = 0x8000

/**
 * What RFC 8489 itself defines and a server without credentials does not expect: ignored (§6.3). MAPPED-ADDRESS,
 * USERNAME, MESSAGE-INTEGRITY, ERROR-CODE, UNKNOWN-ATTRIBUTES, REALM, NONCE, MESSAGE-INTEGRITY-SHA256,
 * PASSWORD-ALGORITHM, USERHASH, XOR-MAPPED-ADDRESS.
 */
const unexpected: ReadonlySet<number> = new Set([
  0x0001,
  0x0006,
  messageIntegrity,
  errorCode,
  unknownAttributes,
  0x0014,
  0x0015,
  messageIntegritySha256,
  0x001d,
  0x001e,
  xorMappedAddress,
])

/** XORed with the checksum, so that a protocol inside STUN with a CRC-32 of its own cannot be taken for one (§14.7). */
const fingerprintMark = 0x5354554e

const familyV4 = 1
const familyV6 = 2

/** 420 as STUN writes it: hundreds, then the rest. No reason in words: they would make the answer longer than need be. */
const unknownAttributeClass = 4
const unknownAttributeNumber = 20

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})

/** CRC-32 as in ITU V.42. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ crcTable[(crc ^ byte) & 0xff]!
  return ~crc >>> 0
}

const padded = (bytes: number) => (bytes + 3) & ~3

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const fingerprintOf = (before: Uint8Array) => (crc32(before) ^ fingerprintMark) >>> 0

/** Reads a Binding request; undefined for anything else, which is to be left without an answer (§6.3). Never throws. */
export function readBindingRequest(datagram: Uint8Array): BindingRequest | undefined {
  const { length } = datagram
  if (length < headerBytes || length > stunRequestBytesMax) return undefined
  const view = viewOf(datagram)
  if (view.getUint16(0) !== bindingRequest || view.getUint32(4) !== magicCookie) return undefined
  if (view.getUint16(2) !== length - headerBytes || length % 4 !== 0) return undefined
  const unknown: number[] = []
  let isFingerprinted = false
  let isSealed = false
  for (let at = headerBytes; at < length; ) {
    const type = view.getUint16(at)
    const valueBytes = view.getUint16(at + 2)
    const next = at + attributeHeaderBytes + padded(valueBytes)
    // Nothing may follow a fingerprint, and nothing may end outside the message.
    if (isFingerprinted || next > length) return undefined
    if (type === fingerprint) {
      if (valueBytes !== 4) return undefined
      if (view.getUint32(at + attributeHeaderBytes) !== fingerprintOf(datagram.subarray(0, at))) return undefined
      isFingerprinted = true
    } else if (!isSealed && type < optionalFrom && !unexpected.has(type)) {
      unknown.push(type)
    }
    // What follows a seal could have been added by anyone on the way: it is as if it were not there (§14.5).
    isSealed ||= type === messageIntegrity || type === messageIntegritySha256
    at = next
  }
  return { transaction: datagram.slice(transactionAt, headerBytes), unknown, isFingerprinted }
}

/**
 * The answer: where the request came from, or what in it is not understood (error 420). Its packet is never more than
 * twice the request's: 60 bytes for 48 over IPv4, 92 for 68 over IPv6.
 */
export function bindingAnswer(request: BindingRequest, from: Endpoint): Uint8Array {
  return request.unknown.length > 0 ? unknownAnswer(request) : mappedAnswer(request, from)
}

function mappedAnswer(request: BindingRequest, { address, port }: Endpoint): Uint8Array {
  const valueBytes = 4 + address.length
  const message = begin(request, bindingSuccess, attributeHeaderBytes + valueBytes)
  const view = viewOf(message)
  view.setUint16(headerBytes, xorMappedAddress)
  view.setUint16(headerBytes + 2, valueBytes)
  view.setUint8(headerBytes + 5, address.length === 4 ? familyV4 : familyV6)
  view.setUint16(headerBytes + 6, port ^ (magicCookie >>> 16))
  // The mask is the cookie and then the transaction, as they stand in the header: some NATs rewrite addresses that they
  // find in payloads.
  for (let i = 0; i < address.length; i++) message[headerBytes + 8 + i] = address[i]! ^ message[4 + i]!
  return seal(message, request)
}

function unknownAnswer(request: BindingRequest): Uint8Array {
  const { unknown } = request
  const codeBytes = attributeHeaderBytes + 4
  const message = begin(request, bindingError, codeBytes + attributeHeaderBytes + padded(2 * unknown.length))
  const view = viewOf(message)
  view.setUint16(headerBytes, errorCode)
  view.setUint16(headerBytes + 2, 4)
  view.setUint8(headerBytes + 6, unknownAttributeClass)
  view.setUint8(headerBytes + 7, unknownAttributeNumber)
  const listAt = headerBytes + codeBytes
  view.setUint16(listAt, unknownAttributes)
  view.setUint16(listAt + 2, 2 * unknown.length)
  for (const [i, type] of unknown.entries()) view.setUint16(listAt + attributeHeaderBytes + 2 * i, type)
  return seal(message, request)
}

/** A header, and room for the attributes and a fingerprint where there is to be one. */
function begin({ transaction, isFingerprinted }: BindingRequest, type: number, attributeBytes: number): Uint8Array {
  const bodyBytes = attributeBytes + (isFingerprinted ? fingerprintBytes : 0)
  const message = new Uint8Array(headerBytes + bodyBytes)
  const view = viewOf(message)
  view.setUint16(0, type)
  view.setUint16(2, bodyBytes)
  view.setUint32(4, magicCookie)
  message.set(transaction, transactionAt)
  return message
}

function seal(message: Uint8Array, { isFingerprinted }: BindingRequest): Uint8Array {
  if (!isFingerprinted) return message
  const at = message.length - fingerprintBytes
  const view = viewOf(message)
  view.setUint16(at, fingerprint)
  view.setUint16(at + 2, 4)
  view.setUint32(at + attributeHeaderBytes, fingerprintOf(message.subarray(0, at)))
  return message
}
