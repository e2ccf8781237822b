/** Sockets that are there and do nothing: each in a swarm, or answered once by a server that knows no swarms. */
import { trackerSubprotocol } from '../shared/tracker-messages.ts'
import { addressOf } from './load-addresses.ts'
import { openRawSocket, type RawSocket, textFrame } from './raw-socket.ts'
import type { Begins } from './tracker-load.ts'

export interface IdleLoad {
  port: number
  path: string
  sockets: number
  /** In our own protocol. */
  isJoined: boolean
}

export interface IdleFigures {
  sockets: number
}

const swarmSize = 100

export async function runIdle({ port, path, sockets, isJoined }: IdleLoad, begins: Begins): Promise<IdleFigures> {
  const open: RawSocket[] = []
  let answered = 0
  while (open.length < sockets) {
    const batch = Array.from({ length: 50 }, async (_, i) => {
      const number = open.length + i
      const protocol = isJoined ? [`Sec-WebSocket-Protocol: ${trackerSubprotocol}`] : []
      const socket = await openRawSocket(port, path, [`X-Forwarded-For: ${addressOf(number)}`, ...protocol])
      socket.onText = (text) => {
        if (text.includes('"peers"') || text.includes('"interval"')) answered++
      }
      const swarm = (number % Math.ceil(sockets / swarmSize)).toString(16).padStart(40, '0')
      const join = `{"type":"join","swarm":"${swarm}","have":0.5,"want":0}`
      socket.send(textFrame(isJoined ? join : `{"action":"announce","info_hash":"${swarm.slice(20)}"}`))
      return socket
    })
    open.push(...(await Promise.all(batch)))
  }
  while (answered < sockets) await new Promise((resolve) => setTimeout(resolve, 20))
  await begins()
  for (const socket of open) socket.close()
  return { sockets }
}
