/** Sockets that are open only to be told something and closed: browsers cannot read why an upgrade was refused. */
import type { WebSocket } from 'ws'

/** What is said to somebody who is not let in. */
export interface Farewell {
  text: string
  code: number
  reason: string
}

/** Half a second's worth of a crowd, at 20 KiB each. */
const openMax = 1_024

/** A client may have said so much before it hears that it is to go; one that says more does not listen. */
const messagesMax = 16

export class Farewells {
  #openCount = 0
  readonly #closed = (): void => {
    this.#openCount--
  }

  get hasRoom(): boolean {
    return this.#openCount < openMax
  }

  /** ws itself ends the connection of one that does not answer. */
  say(socket: WebSocket, { text, code, reason }: Farewell): void {
    this.#openCount++
    let messageCount = 0
    socket.on('message', () => {
      if (++messageCount > messagesMax) socket.terminate()
    })
    socket.on('error', ignore)
    socket.on('close', this.#closed)
    socket.send(text)
    socket.close(code, reason)
  }
}

/** What one does that is on its way out is of no interest. */
function ignore(): void {}
