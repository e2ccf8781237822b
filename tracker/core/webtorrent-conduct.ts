/** As conduct.ts, in the words of the WebTorrent protocol: what a client hears of its faults, and when patience ends. */
import { zeroCounts } from '../../shared/counts.ts'
import type { PeerId } from '../../shared/ids.ts'
import { type RefusalCode, refusalCodes } from '../../shared/tracker-messages.ts'
import type { Excess } from './admission.ts'
import type { Bans } from './bans.ts'
import { crowdedFault, crowdedText, malformedFault, policyViolation, tooFastFault, tryAgainLater } from './conduct.ts'
import type { Connection } from './webtorrent-seats.ts'

/** Texts are UTF-8 bytes as Latin-1 letters. */
export type WebTorrentEffect =
  | { type: 'send'; to: PeerId; text: string }
  | { type: 'close'; to: PeerId; code: number; reason: string }

export class WebTorrentConduct {
  readonly refused = zeroCounts(refusalCodes)
  expelled = 0
  readonly #disconnect: (id: PeerId) => void
  readonly #bans: Bans

  /** @param disconnect forgets a connection, whose last effects are still carried out */
  constructor(bans: Bans, disconnect: (id: PeerId) => void) {
    this.#bans = bans
    this.#disconnect = disconnect
  }

  /**
   * Who gave too little for an answer hears none.
   * @param infoHash as the client wrote it: by this it knows what is refused
   */
  refuse({ id, balance }: Connection, code: RefusalCode, why: string, infoHash?: string): WebTorrentEffect[] {
    this.refused[code]++
    const text = failure(why, infoHash)
    return balance.pays(text.length) ? [{ type: 'send', to: id, text }] : []
  }

  /** Nothing that the client could mend: it hears nothing of it. */
  ignore(code: RefusalCode): WebTorrentEffect[] {
    this.refused[code]++
    return []
  }

  tooFast(connection: Connection, { message, taker }: Excess, now: number, infoHash?: string): WebTorrentEffect[] {
    const isOwn = taker === 'connection'
    const why = isOwn ? message : crowdedText(taker)
    if (connection.allowance.take('faults', isOwn ? tooFastFault : crowdedFault, now)) {
      return this.refuse(connection, 'too-fast', why, infoHash)
    }
    return this.#expel(connection, 'too-fast', now)
  }

  malformed(connection: Connection, why: string, now: number): WebTorrentEffect[] {
    if (connection.allowance.take('faults', malformedFault, now)) return this.refuse(connection, 'malformed', why)
    return this.#expel(connection, 'malformed', now)
  }

  /** Turns away one that was let in. */
  turnOut({ id }: Connection, code: RefusalCode, why: string): WebTorrentEffect[] {
    this.expelled++
    this.#disconnect(id)
    return this.turnAway(id, code, why)
  }

  turnAway(to: PeerId, code: RefusalCode, why: string): WebTorrentEffect[] {
    this.refused[code]++
    return [
      { type: 'send', to, text: failure(why) },
      { type: 'close', to, code: tryAgainLater, reason: why },
    ]
  }

  #expel({ id, accounts }: Connection, code: RefusalCode, now: number): WebTorrentEffect[] {
    this.refused[code]++
    this.expelled++
    this.#bans.strikeOwner(accounts, now)
    this.#disconnect(id)
    return [{ type: 'close', to: id, code: policyViolation, reason: `too many faults, the last: ${code}` }]
  }
}

/** A client takes for its own what has its info hash, and breaks off when it knows no `action`. */
function failure(why: string, infoHash?: string): string {
  const hash = infoHash === undefined ? '' : `,"info_hash":"${infoHash}"`
  return `{"action":"announce","failure reason":${JSON.stringify(why)}${hash}}`
}
