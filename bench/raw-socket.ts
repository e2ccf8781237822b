/**
 * WebSocket clients made by hand over TCP, so that what generates a load costs less than what answers it: frames are
 * masked once and sent again and again, what comes in is read from one shared buffer. Knows no message.
 */
import { connect, type Socket } from 'node:net'
import { upgradeRequest } from './upgrade-request.ts'

const maskBytes = 4

/** Any key does; browsers draw one for each frame, and the server's work is the same. */
const mask = Buffer.from([0x37, 0xfa, 0x21, 0x3d])

const mediumLengthMin = 126

const headBytes = (length: number): number => (length < mediumLengthMin ? 2 : 4) + maskBytes

/** One whole text frame of bytes given as Latin-1. */
export function textFrame(payload: string): Buffer {
  const { length } = payload
  const head = headBytes(length)
  const frame = Buffer.allocUnsafe(head + length)
  frame[0] = 0x81
  if (length < mediumLengthMin) {
    frame[1] = 0x80 | length
  } else {
    frame[1] = 0x80 | mediumLengthMin
    frame.writeUInt16BE(length, 2)
  }
  mask.copy(frame, head - maskBytes)
  frame.write(payload, head, 'latin1')
  for (let i = 0; i < length; i++) frame[head + i]! ^= mask[i & 3]!
  return frame
}

/** Writes other letters over some of a frame's payload. */
export function patchFrame(frame: Buffer, payloadLength: number, at: number, letters: string): void {
  const head = headBytes(payloadLength)
  for (let i = 0; i < letters.length; i++) frame[head + at + i] = letters.charCodeAt(i) ^ mask[(at + i) & 3]!
}

const pong = Buffer.concat([Buffer.from([0x8a, 0x80]), mask])

/** Read at one time, of all sockets. */
const sharedBuffer = Buffer.allocUnsafe(65_536)

const upgraded = '\r\n\r\n'

export class RawSocket {
  /** Is given every text, as Latin-1. */
  onText: (text: string) => void = () => {}
  onEnd: () => void = () => {}
  readonly #socket: Socket
  /** What came of a frame whose end has not. */
  #rest: Buffer | undefined
  #opened: (() => void) | undefined

  /** @param headers lines such as `X-Forwarded-For: 192.0.2.1` */
  constructor(port: number, path: string, headers: readonly string[], opened: () => void) {
    this.#opened = opened
    const callback = (bytesRead: number): boolean => {
      this.#read(sharedBuffer.subarray(0, bytesRead))
      return true
    }
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer: sharedBuffer, callback } })
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => this.onEnd())
    this.#socket.write(upgradeRequest(path, headers))
  }

  send(frame: Buffer): void {
    this.#socket.write(frame)
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(bytes: Buffer): void {
    let data = bytes
    if (this.#rest !== undefined) {
      data = Buffer.concat([this.#rest, bytes])
      this.#rest = undefined
    }
    let at = 0
    if (this.#opened !== undefined) {
      const end = data.indexOf(upgraded)
      if (end >= 0) {
        if (!data.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))) throw new Error(data.toString('latin1'))
        this.#opened()
        this.#opened = undefined
        at = end + upgraded.length
      }
    }
    while (this.#opened === undefined && at + 2 <= data.length) {
      let start = at + 2
      let length = data[at + 1]!
      if (length === mediumLengthMin) {
        start += 2
        length = start <= data.length ? data.readUInt16BE(at + 2) : Number.POSITIVE_INFINITY
      }
      if (start + length > data.length) break
      const kind = data[at]!
      if (kind === 0x81) this.onText(data.toString('latin1', start, start + length))
      else if (kind === 0x89) this.#socket.write(pong)
      at = start + length
    }
    if (at < data.length) this.#rest = Buffer.from(data.subarray(at))
  }
}

/** @param onText is given all from the first text on */
export const openRawSocket = (
  port: number,
  path: string,
  headers: readonly string[],
  onText: (text: string) => void = () => {},
): Promise<RawSocket> =>
  new Promise((resolve) => {
    const socket = new RawSocket(port, path, headers, () => resolve(socket))
    socket.onText = onText
  })
