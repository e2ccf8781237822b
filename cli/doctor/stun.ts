/** Whether a STUN server answers a Binding request (RFC 8489 §5): what a peer asks to learn how others see it. */
import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIP } from 'node:net'

const bindingRequest = 0x0001
const bindingSuccess = 0x0101
const magicCookie = 0x2112a442
const headerBytes = 20
const defaultPort = 3478

/** A datagram may be lost: RFC 8489 §6.2.1 begins with 500 ms between two. */
const resendMs = 500

export interface StunTarget {
  host: string
  port: number
}

/** Of `stun:host:port` (RFC 7064); undefined for other URLs. */
export function stunTargetOf(url: string): StunTarget | undefined {
  const match = /^stun:(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(url)
  const host = match?.[1] ?? match?.[2]
  return host === undefined ? undefined : { host, port: Number(match?.[3] ?? defaultPort) }
}

/** @returns undefined when it answers, otherwise why it does not */
export async function askStun({ host, port }: StunTarget, patienceMs: number): Promise<string | undefined> {
  const transaction = randomBytes(12)
  const request = Buffer.alloc(headerBytes)
  request.writeUInt16BE(bindingRequest, 0)
  request.writeUInt32BE(magicCookie, 4)
  transaction.copy(request, 8)
  const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4')
  const send = () => socket.send(request, port, host, () => {})
  const resend = setInterval(send, resendMs)
  const signal = AbortSignal.timeout(patienceMs)
  try {
    send()
    await answerTo(socket, transaction, signal)
    return undefined
  } catch (error) {
    return signal.aborted ? 'no answer' : String(error instanceof Error ? error.message : error)
  } finally {
    clearInterval(resend)
    socket.close()
  }
}

async function answerTo(socket: Socket, transaction: Buffer, signal: AbortSignal): Promise<void> {
  for (;;) {
    const [message] = (await once(socket, 'message', { signal })) as [Buffer]
    const isAnswer = message.length >= headerBytes && message.readUInt16BE(0) === bindingSuccess
    if (isAnswer && message.subarray(8, headerBytes).equals(transaction)) return
  }
}
