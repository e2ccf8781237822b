/**
 * The least WebSocket client that can be (RFC 6455): texts both ways over a plain socket, so that one core plays ten
 * thousand clients and still has time. For servers on loopback that are ours; checks next to nothing.
 */
import { connect, type Socket } from 'node:net'
import { upgradeRequest } from './upgrade-request.ts'

export interface LoopbackEvents {
  message(text: string): void
  /** Once, whatever ended it. */
  closed(): void
}

export interface LoopbackAddress {
  port: number
  path: string
  /** One of 127.0.0.0/8. */
  localAddress: string
}

const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const

const headEnd = '\r\n\r\n'

/** Longer than any machine needs that is alive. */
const connectTimeoutMs = 15_000

export class LoopbackSocket {
  readonly #socket: Socket
  readonly #events: LoopbackEvents
  #buffer: Buffer = Buffer.alloc(0)
  #isOpen = false
  #isOver = false

  constructor({ port, path, localAddress }: LoopbackAddress, subprotocols: readonly string[], events: LoopbackEvents) {
    this.#events = events
    this.#socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true })
    this.#socket.setTimeout(connectTimeoutMs, () => this.#end())
    this.#socket.on('error', () => this.#end())
    this.#socket.on('close', () => this.#end())
    this.#socket.on('data', (part: Buffer) => this.#data(part))
    this.#socket.write(upgradeRequest(path, [`Sec-WebSocket-Protocol: ${subprotocols.join(', ')}`]))
  }

  send(text: string): void {
    if (this.#isOpen) this.#frame(opcodes.text, Buffer.from(text))
  }

  /** Nothing more is told. */
  close(): void {
    this.#isOver = true
    this.#socket.destroy()
  }

  #end(): void {
    if (this.#isOver) return
    this.close()
    this.#events.closed()
  }

  #data(part: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? part : Buffer.concat([this.#buffer, part])
    if (!this.#isOpen) {
      const end = this.#buffer.indexOf(headEnd)
      if (end < 0) return
      if (!this.#buffer.toString('latin1', 0, 12).startsWith('HTTP/1.1 101')) return this.#end()
      this.#isOpen = true
      this.#socket.setTimeout(0)
      this.#buffer = this.#buffer.subarray(end + headEnd.length)
    }
    while (!this.#isOver && this.#take());
  }

  /** Handles the next frame. @returns false when it is not all here */
  #take(): boolean {
    const buffer = this.#buffer
    if (buffer.length < 2) return false
    const isLong = buffer[1] === 126
    const start = isLong ? 4 : 2
    if (buffer.length < start) return false
    const end = start + (isLong ? buffer.readUInt16BE(2) : buffer[1]!)
    if (buffer.length < end) return false
    const payload = buffer.subarray(start, end)
    this.#buffer = buffer.subarray(end)
    const opcode = buffer[0]! & 0xf
    if (opcode === opcodes.text) this.#events.message(payload.toString())
    else if (opcode === opcodes.ping) this.#frame(opcodes.pong, payload)
    else if (opcode === opcodes.close) this.#end()
    return true
  }

  /** Masked with zeros, which leaves the payload as it is. */
  #frame(opcode: number, payload: Buffer): void {
    const { length } = payload
    const head = length < 126 ? [0x80 | opcode, 0x80 | length] : [0x80 | opcode, 0xfe, length >> 8, length & 0xff]
    this.#socket.write(Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]))
  }
}
