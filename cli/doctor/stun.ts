/** Whether a STUN server answers a Binding request (RFC 8489 §5): what a peer asks to learn how others see it. */
import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIP } from 'node:net'
import type { TrackerMessage } from '../../shared/tracker-messages.ts'
import { type Finding, found } from './finding.ts'
import { stunRemedy } from './remedies.ts'

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

/** The servers that a tracker names to its clients; TURN needs more than a question. */
export async function stunFinding(
  host: string,
  { stunPort, iceServers = [] }: Pick<TrackerMessage & { type: 'servers' }, 'stunPort' | 'iceServers'>,
  patienceMs: number,
): Promise<Finding> {
  const named = iceServers.flatMap(({ urls }) => urls.map(stunTargetOf)).filter((one) => one !== undefined)
  const own = stunPort === undefined ? [] : [{ host, port: stunPort }]
  const targets = [...own, ...named]
  if (targets.length === 0) {
    return found('STUN', 'skipped', 'this tracker names no STUN server: peers use what the page names')
  }
  const outcomes = await Promise.all(targets.map((target) => askStun(target, patienceMs)))
  const failed = targets.flatMap(({ host, port }, i) =>
    outcomes[i] === undefined ? [] : [`${host}, UDP port ${port} (${outcomes[i]})`],
  )
  return failed.length === 0
    ? found('STUN', 'ok', `${targets.length === 1 ? 'the server' : 'all servers'} named answer`)
    : found('STUN', 'warning', `there is no STUN at ${failed.join(', ')}`, stunRemedy)
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
