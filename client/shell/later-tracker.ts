/** A tracker that is connected to after the first bytes of a file that is being opened: they need it for nothing. */
import type { Clock, TrackerSocket } from '../ports.ts'

/** A server that does not send keeps the tracker waiting no longer than this. */
const patienceMs = 100

/** @param begun what is waited for. Closed meanwhile, it is never connected to. */
export function connectLater(
  clock: Clock,
  begun: readonly Promise<void>[],
  connect: () => TrackerSocket,
): TrackerSocket {
  let socket: TrackerSocket | undefined
  let isOver = false
  const go = () => {
    if (isOver) return
    isOver = true
    socket = connect()
  }
  clock.at(clock.now() + patienceMs, go)
  void Promise.all(begun).then(go)
  return {
    send: (text) => socket?.send(text),
    close() {
      isOver = true
      socket?.close()
    },
  }
}
