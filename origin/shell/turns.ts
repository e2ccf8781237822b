/**
 * The order of answers on one connection. A client may send many requests before it reads an answer (RFC 9112 §9.3.2),
 * and Node hands them over together; each one worked on would hold an open file and its buffers for as long as the
 * client likes. So they take turns. Knows no request.
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Requests that wait behind the one that is answered. Browsers send none so early; programs that do send about ten. */
const waitingMax = 32

interface Line {
  isBusy: boolean
  readonly waiting: ((isOpen: boolean) => void)[]
}

export class Turns {
  readonly #lines = new WeakMap<Socket, Line>()

  /** Fulfilled when it is this response's turn: false when its connection ended before, or is ended for asking too much. */
  async take(socket: Socket, response: ServerResponse): Promise<boolean> {
    const line = this.#lineOf(socket)
    if (line.isBusy && line.waiting.length >= waitingMax) socket.destroy()
    if (socket.destroyed) return false
    if (line.isBusy && !(await new Promise<boolean>((resolve) => line.waiting.push(resolve)))) return false
    line.isBusy = true
    response.once('close', () => {
      line.isBusy = line.waiting.length > 0
      line.waiting.shift()?.(true)
    })
    return true
  }

  #lineOf(socket: Socket): Line {
    const present = this.#lines.get(socket)
    if (present !== undefined) return present
    const line: Line = { isBusy: false, waiting: [] }
    this.#lines.set(socket, line)
    socket.once('close', () => {
      for (const proceed of line.waiting.splice(0)) proceed(false)
    })
    return line
  }
}
