/** As conduct.ts, in the words of the WebTorrent protocol: what a client hears of its faults, and when patience ends. */
import { zeroCounts } from '../../shared/counts.ts'
import type { PeerId } from '../../shared/ids.ts'
import { type RefusalCode, refusalCodes } from '../../shared/tracker-messages.ts'
import { malformedFault, policyViolation, tooFastFault, tryAgainLater } from './conduct.ts'
import type { Connection } from './webtorrent-seats.ts'

/** Texts are UTF-8 bytes as Latin-1 letters. */
export type WebTorrentEffect =
  | { type: 'send'; to: PeerId; text: string }
  | { type: 'close'; to: PeerId; code: number; reason: string }

export class WebTorrentConduct {
  readonly refused = zeroCounts(refusalCodes)
  expelled = 0
  readonly #disconnect: (id: PeerId) => void

  constructor(disconnect: (id: PeerId) => void) {
    this.#disconnect = disconnect
  }

  /** @param infoHash as the client wrote it: by this it knows what is refused */
  refuse({ id }: Connection, code: RefusalCode, why: string, infoHash?: string): WebTorrentEffect[] {
    this.refused[code]++
    return [{ type: 'send', to: id, text: failure(why, infoHash) }]
  }

  /** Nothing that the client could mend: it hears nothing of it. */
  ignore(code: RefusalCode): WebTorrentEffect[] {
    this.refused[code]++
    return []
  }

  tooFast(connection: Connection, why: string, now: number, infoHash?: string): WebTorrentEffect[] {
    if (connection.allowance.faults.take(tooFastFault, now)) return this.refuse(connection, 'too-fast', why, infoHash)
    return this.#expel(connection, 'too-fast')
  }

  malformed(connection: Connection, why: string, now: number): WebTorrentEffect[] {
    if (connection.allowance.faults.take(malformedFault, now)) return this.refuse(connection, 'malformed', why)
    return this.#expel(connection, 'malformed')
  }

  turnAway(to: PeerId, code: RefusalCode, why: string): WebTorrentEffect[] {
    this.refused[code]++
    return [
      { type: 'send', to, text: failure(why) },
      { type: 'close', to, code: tryAgainLater, reason: why },
    ]
  }

  #expel({ id }: Connection, code: RefusalCode): WebTorrentEffect[] {
    this.refused[code]++
    this.expelled++
    this.#disconnect(id)
    return [{ type: 'close', to: id, code: policyViolation, reason: `too many faults, the last: ${code}` }]
  }
}

/** A client takes for its own what has its info hash, and breaks off when it knows no `action`. */
function failure(why: string, infoHash?: string): string {
  const hash = infoHash === undefined ? '' : `,"info_hash":"${infoHash}"`
  return `{"action":"announce","failure reason":${JSON.stringify(why)}${hash}}`
}
