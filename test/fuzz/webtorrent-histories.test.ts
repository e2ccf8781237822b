/** A tracker of WebTorrent through random histories: nothing breaks, and of those who left nothing is kept. */
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import {
  hashA,
  hashB,
  nameOf,
  offerIdOf,
  offersOf,
  sdpOf,
  type Told,
  WebTorrentCrowd,
} from '../fakes/webtorrent-crowd.ts'
import { addresses, at, history, longMs, oddNumber, settings, some, step, written } from './histories.ts'

// A few seconds when the machine is idle, several times as long when it is not.
vi.setConfig({ testTimeout: 60_000 })

/** As many clients at a time, each with as many names in a swarm as it may have. */
const clientsMax = 9
const namesMax = 2

describe('a tracker of WebTorrent', () => {
  class Play {
    readonly crowd: WebTorrentCrowd
    readonly clients: number[] = []
    /** Who was offered what. */
    readonly heard: { by: number; offer: Told }[] = []
    #offers = 0

    constructor(limits: object) {
      this.crowd = new WebTorrentCrowd(limits)
    }

    /** What goes out is JSON, with counts that can be. */
    say(who: number, message: (name: string) => string): void {
      const client = at(this.clients, who)
      if (client === undefined) return
      for (const { to, told } of this.crowd.say(client, message(nameOf(client)))) {
        if (told?.offer !== undefined) this.heard.push({ by: to, offer: told })
        if (told === undefined || !('complete' in told)) continue
        expect([told.complete, told.incomplete].every((count) => Number.isInteger(count) && count >= 0)).toBe(true)
        expect(told.complete + told.incomplete).toBeLessThanOrEqual(clientsMax * namesMax)
      }
    }

    offers(count: number): object[] {
      this.#offers += count
      return offersOf(count, this.#offers - count)
    }

    leave(who: number): void {
      const client = at(this.clients, who)
      if (client === undefined) return
      this.crowd.leave(client)
      this.clients.splice(this.clients.indexOf(client), 1)
    }
  }
  const hash = fc.constantFrom(hashA, hashB)
  const connecting = step('connect', fc.constantFrom(...addresses), ({ clients, crowd }: Play, address) => {
    if (clients.length < clientsMax) clients.push(crowd.connect(address))
  })
  /** How much is left and how much is there: mostly a share of the file. */
  const shares = fc.oneof(
    fc.constantFrom(['5', '5'], ['1', '0'], ['0', '1'], ['1e999', '1e999'], ['1e308', '1e308']),
    fc.tuple(oddNumber, oddNumber),
  )
  const event = fc.constantFrom('started', 'completed', 'update', 'stopped', undefined, undefined, undefined, 'odd')
  /** Under a name of its own, or of somebody else. */
  const namer = fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: some })
  const announcing = step(
    'announce',
    fc.tuple(some, hash, namer, shares, event, fc.nat(5), oddNumber),
    (play: Play, [who, info_hash, as, [left, downloaded], event, offerCount, numwant]) => {
      const offers = play.offers(offerCount)
      play.say(who, (name) => {
        const peer_id = as === undefined ? name : nameOf(at(play.clients, as)!)
        const message = { action: 'announce', info_hash, peer_id, left: '@0', downloaded: '@1', event, offers }
        return written({ ...message, numwant: as === undefined ? offerCount : '@2' }, left!, downloaded!, numwant)
      })
    },
  )
  const answering = step(
    'answer',
    fc.tuple(some, hash, some, fc.nat(60)),
    (play: Play, [who, info_hash, whom, offer]) => {
      const heard = offer % 4 > 0 ? at(play.heard, offer) : undefined
      const answer = { type: 'answer', sdp: sdpOf('answer') }
      const right = heard && { ...heard.offer, offer: undefined, to_peer_id: heard.offer.peer_id }
      const any = { info_hash, to_peer_id: nameOf(at(play.clients, whom) ?? 0), offer_id: offerIdOf(offer) }
      const by = heard === undefined ? who : Math.max(0, play.clients.indexOf(heard.by))
      play.say(by, (peer_id) => written({ action: 'announce', ...any, ...right, peer_id, answer }))
    },
  )
  const scraping = step('scrape', fc.tuple(some, hash), (play: Play, [who, info_hash]) =>
    play.say(who, () => written({ action: 'scrape', info_hash })),
  )
  const leaving = step('leave', some, (play: Play, who) => play.leave(who))
  const waiting = step('wait', fc.constantFrom(500, 3_000, 61_000), ({ crowd }: Play, ms) => {
    crowd.now += ms
    crowd.machine.expire(crowd.now)
  })
  const happenings = history<Play>(
    [3, connecting],
    [12, announcing],
    [3, answering],
    [2, leaving],
    [1, scraping],
    [1, waiting],
  )

  it('[T297] holds through whatever its clients do, counts nobody who left, and keeps nothing of them', () => {
    fc.assert(
      fc.property(settings, happenings, (limits, steps) => {
        const play = new Play(limits)
        const { crowd } = play
        for (const { run } of steps) run(play)
        while (play.clients.length > 0) play.leave(0)
        crowd.now += longMs
        crowd.machine.expire(crowd.now)
        const { connections, swarms, peers, offersPending } = crowd.machine.stats()
        const left = { connections, swarms, peers, offersPending, entered: crowd.door.count }
        expect(left).toEqual({ connections: 0, swarms: 0, peers: 0, offersPending: 0, entered: 0 })
      }),
      { numRuns: 1_000 },
    )
  })
})
