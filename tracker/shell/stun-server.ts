/**
 * The STUN responder's UDP socket: takes datagrams, sends answers within the limits, counts. The only file that knows
 * node:dgram. Knows no message; a fault of one answer ends nothing.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { KiB } from '../../shared/limits.ts'
import { bindingAnswer, readBindingRequest } from '../core/stun.ts'
import { StunAllowance, type StunLimits } from '../core/stun-allowance.ts'
import { parseAddress } from './addresses.ts'

/** Answers that wait for the network card: a tenth of a second's worth. One that would wait longer is asked for again. */
const sendQueueBytesMax = 32 * KiB

export interface StunStats {
  /** Where requests came from was told. */
  answered: number
  /** Requests with attributes that must be understood and are not (error 420). */
  refused: number
  /** Datagrams that are no Binding request. */
  ignored: number
  /** Requests beyond the limits: left without an answer. */
  limited: number
}

export interface StunServerOptions {
  /** 0 takes any free one. */
  port: number
  /** A name or an address of this machine; every address, IPv4 and IPv6, by default. */
  host?: string | undefined
  limits: StunLimits
  now: () => number
}

export class StunServer {
  readonly #socket: Socket
  readonly #allowance: StunAllowance
  readonly #now: () => number
  readonly stats: StunStats = { answered: 0, refused: 0, ignored: 0, limited: 0 }
  readonly port: number

  /** Rejects with the system's error when the port cannot be had. */
  static async open(options: StunServerOptions): Promise<StunServer> {
    return new StunServer(await bound(options), options)
  }

  private constructor(socket: Socket, { limits, now }: StunServerOptions) {
    this.#socket = socket
    this.#allowance = new StunAllowance(limits)
    this.#now = now
    this.port = socket.address().port
    socket.on('message', (datagram, from) => this.#take(datagram, from))
    // What the network says of one answer concerns no other.
    socket.on('error', () => {})
  }

  #take(datagram: Uint8Array, { address: text, port }: RemoteInfo): void {
    const request = readBindingRequest(datagram)
    // Of a link-local address the part after % is this machine's own name for the link.
    const address = request && parseAddress(text.split('%', 1)[0])
    // Port 0 is nobody's: no answer could go there, and Node throws at whoever tries.
    if (request === undefined || address === undefined || port === 0) {
      this.stats.ignored++
      return
    }
    const isQueueFull = this.#socket.getSendQueueSize() > sendQueueBytesMax
    if (isQueueFull || !this.#allowance.take(address, this.#now())) {
      this.stats.limited++
      return
    }
    this.stats[request.unknown.length > 0 ? 'refused' : 'answered']++
    this.#socket.send(bindingAnswer(request, { address, port }), port, text, () => {})
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(resolve))
  }
}

async function bound({ port, host }: StunServerOptions): Promise<Socket> {
  if (host !== undefined) {
    const { address } = await lookup(host)
    return bind(createSocket(isIPv6(address) ? 'udp6' : 'udp4'), port, address)
  }
  try {
    // One socket takes IPv4 as well, like the HTTP server's.
    return await bind(createSocket('udp6'), port, '::')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // A machine without IPv6.
    if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL') throw error
    return bind(createSocket('udp4'), port, '0.0.0.0')
  }
}

async function bind(socket: Socket, port: number, address: string): Promise<Socket> {
  try {
    socket.bind(port, address)
    await once(socket, 'listening')
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}
