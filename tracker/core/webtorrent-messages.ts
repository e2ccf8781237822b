/**
 * What WebTorrent clients and trackers say to each other, as bittorrent-tracker does it: JSON over a WebSocket, 20-byte
 * names as strings of one letter a byte. Texts are UTF-8 bytes as Latin-1 letters, and descriptions stay as their sender
 * wrote them: they are checked and passed on, never decoded.
 */
import { descriptionLengthMax } from '../../shared/limits.ts'
import { ok, type Result, violation } from '../../shared/result.ts'
import { JsonCursor } from './json-cursor.ts'

export const announceEvents = ['started', 'completed', 'update', 'paused', 'stopped'] as const
export type AnnounceEvent = (typeof announceEvents)[number]

/** Names are as they are written; binary-id.ts reads them. */
export interface Announce {
  action: 'announce'
  infoHash: string
  peerId: string
  event: AnnounceEvent
  /** The fraction of the content that the peer has, as far as it says. */
  have: number
  /** How many peers it wants, at most one for each offer. */
  want: number
  offers: Offer[]
}

export interface Offer {
  sdp: string
  offerId: string
}

export interface Answer {
  action: 'answer'
  infoHash: string
  peerId: string
  toPeerId: string
  offerId: string
  sdp: string
}

export interface Scrape {
  action: 'scrape'
  infoHashes: string[]
}

export type WebTorrentMessage = Announce | Answer | Scrape

/** A browser's client makes 5 offers; the most that other trackers take is 20. */
export const offersMax = 20

/** Swarms of one scrape: as many as one connection can be in. */
const scrapedMax = 64

/** Written, a name is 20 to 120 letters. */
const idLengthMax = 120

interface Description {
  type: string | undefined
  sdp: string | undefined
}

const broken = violation('not JSON')

export class WebTorrentReader {
  readonly #cursor = new JsonCursor()

  read(text: string): Result<WebTorrentMessage> {
    const cursor = this.#cursor
    cursor.begin(text)
    if (!cursor.object()) return broken
    let action: string | undefined
    let infoHash: string | undefined
    let infoHashes: string[] | undefined
    let peerId: string | undefined
    let toPeerId: string | undefined
    let offerId: string | undefined
    let event: string | undefined
    let left: number | undefined
    let downloaded: number | undefined
    let numwant: number | undefined
    let offers: Offer[] | undefined
    let answer: Description | undefined
    for (let isFirst = true; ; isFirst = false) {
      const key = cursor.key(isFirst)
      if (key === undefined) return broken
      if (key === '') break
      let isRead = true
      if (cursor.isText()) {
        const value = cursor.string()
        if (value === undefined) return broken
        if (key === 'info_hash') infoHash = value
        else if (key === 'peer_id') peerId = value
        else if (key === 'action') action = value
        else if (key === 'event') event = value
        else if (key === 'to_peer_id') toPeerId = value
        else if (key === 'offer_id') offerId = value
      } else if (key === 'left' || key === 'downloaded' || key === 'numwant') {
        const value = cursor.number()
        if (value === undefined) isRead = false
        else if (key === 'left') left = value
        else if (key === 'downloaded') downloaded = value
        else numwant = value
      } else if (key === 'offers' && cursor.isList()) {
        const read = this.#offers()
        if (!read.ok) return read
        offers = read.value
      } else if (key === 'answer' && cursor.isObject()) {
        answer = this.#description()
        if (answer === undefined) return broken
      } else if (key === 'info_hash' && cursor.isList()) {
        const read = this.#hashes()
        if (!read.ok) return read
        infoHashes = read.value
      } else {
        isRead = false
      }
      if (!isRead && !cursor.skip()) return broken
    }
    if (!cursor.isAtEnd()) return broken
    if (action === 'scrape') return scrapeOf(infoHash, infoHashes)
    if (action !== 'announce') return violation('invalid action')
    if (!isName(infoHash)) return violation('invalid info_hash')
    if (!isName(peerId)) return violation('invalid peer_id')
    if (answer === undefined) {
      const { length } = offers ?? []
      const want = Math.max(0, Math.min(length, numwant ?? length))
      return announceOf(infoHash, peerId, event, haveOf(left, downloaded), want, offers ?? [])
    }
    if (answer.type !== 'answer' || answer.sdp === undefined) return violation('invalid answer')
    if (!isName(toPeerId)) return violation('invalid to_peer_id')
    if (!isName(offerId)) return violation('invalid offer_id')
    return ok({ action: 'answer', infoHash, peerId, toPeerId, offerId, sdp: answer.sdp })
  }

  #offers(): Result<Offer[]> {
    const cursor = this.#cursor
    const offers: Offer[] = []
    cursor.list()
    for (let isFirst = true; ; isFirst = false) {
      const goesOn = cursor.item(isFirst)
      if (goesOn === undefined) return broken
      if (!goesOn) return ok(offers)
      if (offers.length === offersMax) return violation(`more than ${offersMax} offers`)
      if (!cursor.object()) return violation('invalid offers')
      let description: Description | undefined
      let offerId: string | undefined
      for (let isFirstKey = true; ; isFirstKey = false) {
        const key = cursor.key(isFirstKey)
        if (key === undefined) return broken
        if (key === '') break
        if (key === 'offer' && cursor.isObject()) {
          description = this.#description()
          if (description === undefined) return broken
        } else if (key === 'offer_id' && cursor.isText()) {
          offerId = cursor.string()
          if (offerId === undefined) return broken
        } else if (!cursor.skip()) return broken
      }
      if (description?.type !== 'offer' || description.sdp === undefined) return violation('invalid offer')
      if (!isName(offerId)) return violation('invalid offer_id')
      offers.push({ sdp: description.sdp, offerId })
    }
  }

  /** Undefined when the text is broken; without `sdp` when that is none that is passed on. */
  #description(): Description | undefined {
    const cursor = this.#cursor
    const description: Description = { type: undefined, sdp: undefined }
    cursor.object()
    for (let isFirst = true; ; isFirst = false) {
      const key = cursor.key(isFirst)
      if (key === undefined) return undefined
      if (key === '') return description
      if (!cursor.isText()) {
        if (!cursor.skip()) return undefined
        continue
      }
      const value = cursor.string()
      if (value === undefined) return undefined
      if (key === 'type') description.type = value
      else if (key === 'sdp') description.sdp = readableSdp(value)
    }
  }

  #hashes(): Result<string[]> {
    const cursor = this.#cursor
    const hashes: string[] = []
    cursor.list()
    for (let isFirst = true; ; isFirst = false) {
      const goesOn = cursor.item(isFirst)
      if (goesOn === undefined) return broken
      if (!goesOn) return ok(hashes)
      const hash = cursor.string()
      if (!isName(hash) || hashes.length === scrapedMax) return violation('invalid info_hash')
      hashes.push(hash)
    }
  }
}

const isName = (written: string | undefined): written is string =>
  written !== undefined && written.length <= idLengthMax

function scrapeOf(infoHash: string | undefined, infoHashes: string[] | undefined): Result<Scrape> {
  if (infoHashes !== undefined) return ok({ action: 'scrape', infoHashes })
  return isName(infoHash) ? ok({ action: 'scrape', infoHashes: [infoHash] }) : violation('invalid info_hash')
}

function announceOf(
  infoHash: string,
  peerId: string,
  event: string | undefined,
  have: number,
  want: number,
  offers: Offer[],
): Result<Announce> {
  const isUpdate = event === undefined || event === '' || event === 'empty'
  const named = isUpdate ? 'update' : announceEvents.find((name) => name === event)
  if (named === undefined) return violation('invalid event')
  return ok({
    action: 'announce',
    infoHash,
    peerId,
    event: named,
    have: named === 'completed' ? 1 : have,
    want,
    offers,
  })
}

/** What is left says whether a peer has all; what it loaded so far, about how much it has when it has not. */
function haveOf(left: number | undefined, downloaded: number | undefined): number {
  if (left === 0) return 1
  if (left === undefined || downloaded === undefined || !(left > 0 && downloaded > 0)) return 0
  const share = downloaded / (downloaded + left)
  // JSON writes numbers beyond all that there are, and of one of these there is no share.
  return Number.isFinite(share) ? Math.min(share, 0.999) : 0
}

/** A description that can be screened as it is written: no client escapes letters of one, and what is hidden so is not seen. */
const readableSdp = (written: string): string | undefined =>
  written.length > 0 && written.length <= descriptionLengthMax && !written.includes('\\u') ? written : undefined
