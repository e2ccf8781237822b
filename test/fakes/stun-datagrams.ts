/** STUN datagrams as clients write them, by hand. */

export const magicCookie = Buffer.from('2112a442', 'hex')
export const transaction = Buffer.from('b7e7a701bc34d686fa87dfae', 'hex')

export interface Attribute {
  type: number
  value?: Uint8Array
}

function attributeBytes({ type, value = new Uint8Array(0) }: Attribute): Buffer {
  const bytes = Buffer.alloc(4 + ((value.length + 3) & ~3))
  bytes.writeUInt16BE(type, 0)
  bytes.writeUInt16BE(value.length, 2)
  bytes.set(value, 4)
  return bytes
}

/** CRC-32 by its definition, bit by bit: the code under test has a table. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return ~crc >>> 0
}

export interface Datagram {
  type?: number
  cookie?: Uint8Array
  attributes?: readonly Attribute[]
  isFingerprinted?: boolean
}

/** A message with its length right, and a right fingerprint at its end where there is to be one. */
export function stunDatagram({
  type = 0x0001,
  cookie = magicCookie,
  attributes = [],
  isFingerprinted = false,
}: Datagram = {}): Buffer {
  const body = Buffer.concat(attributes.map(attributeBytes))
  const head = Buffer.alloc(4)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(body.length + (isFingerprinted ? 8 : 0), 2)
  const message = Buffer.concat([head, cookie, transaction, body])
  if (!isFingerprinted) return message
  const mark = Buffer.alloc(4)
  mark.writeUInt32BE((crc32(message) ^ 0x5354554e) >>> 0)
  return Buffer.concat([message, attributeBytes({ type: 0x8028, value: mark })])
}

/** What an answer says, read apart from the code under test. */
export function readStunAnswer(answer: Buffer) {
  const attributes = new Map<number, Buffer>()
  for (let at = 20; at < answer.length; ) {
    const bytes = answer.readUInt16BE(at + 2)
    attributes.set(answer.readUInt16BE(at), answer.subarray(at + 4, at + 4 + bytes))
    at += 4 + ((bytes + 3) & ~3)
  }
  return {
    type: answer.readUInt16BE(0),
    length: answer.readUInt16BE(2),
    transaction: answer.subarray(8, 20),
    attributes,
  }
}

/** The address and port that an answer tells. */
export function mappedEndpoint(answer: Buffer): { address: Buffer; port: number } | undefined {
  const value = readStunAnswer(answer).attributes.get(0x0020)
  if (value === undefined) return undefined
  const mask = answer.subarray(4, 20)
  const address = value.subarray(4).map((byte, i) => byte ^ mask[i]!)
  return { address: Buffer.from(address), port: value.readUInt16BE(2) ^ 0x2112 }
}
