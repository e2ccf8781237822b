/**
 * The tracker's WebSocket on the platform's own class. Carries texts; knows nothing of what they say, and does not
 * reconnect.
 */
import { MiB, relayedMessageBytesMax } from '../../shared/limits.ts'
import { subprotocolsOf, trackerSubprotocol } from '../../shared/tracker-messages.ts'
import type { TrackerDialer, TrackerEvents, TrackerSocket } from '../ports.ts'

/** Unsent text at which a tracker counts as dead: a client that joins many swarms at once sends a few dozen KiB. */
const unsentBytesMax = 1 * MiB

/** @param WebSocketClass the platform's; another one where there is none */
export function createWebTrackerDialer(WebSocketClass: typeof WebSocket = globalThis.WebSocket): TrackerDialer {
  return { connect: (url, events, resume) => connect(WebSocketClass, url, events, resume) }
}

function connect(
  WebSocketClass: typeof WebSocket,
  url: string,
  events: TrackerEvents,
  resume: string | undefined,
): TrackerSocket {
  let socket: WebSocket | undefined
  let state: 'connecting' | 'open' | 'closed' = 'connecting'

  const end = () => {
    if (state === 'closed') return
    state = 'closed'
    // The closing handshake may take minutes on a dead network; nobody waits for it.
    socket?.close()
    queueMicrotask(() => events.closed())
  }

  try {
    socket = new WebSocketClass(url, subprotocolsOf(resume))
  } catch {
    end() // the URL is wrong, or the page may not use it: the same to the owner as a tracker that is down
    return { send() {}, close() {} }
  }

  const opened = socket
  opened.onopen = () => {
    if (state !== 'connecting') return
    // A server that does not answer with the subprotocol speaks something else.
    if (opened.protocol !== trackerSubprotocol) return end()
    state = 'open'
    events.open()
  }
  opened.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (state !== 'open') return
    if (typeof data === 'string' && data.length <= relayedMessageBytesMax) events.message(data)
    else end()
  }
  opened.onclose = end
  opened.onerror = end

  return {
    send(text) {
      if (state !== 'open') return
      if (opened.bufferedAmount > unsentBytesMax) end()
      else opened.send(text)
    },
    close: end,
  }
}
