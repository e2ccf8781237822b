import { describe, expect, it } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import { RevealLedger } from './reveal-ledger.ts'

const [anna, bob] = ['anna', 'bob'] as PeerId[] as [PeerId, PeerId]

describe('what payers were told', () => {
  it('[T296] is forgotten of the one told longest ago, once there are too many', () => {
    const ledger = new RevealLedger({ peersMax: () => 1, windowMs: 60_000, payersMax: 2 })
    for (const payer of ['a', 'b', 'a', 'c']) ledger.add(payer, anna, 1_000)
    expect(['a', 'b', 'c'].map((payer) => ledger.hasRoomFor(payer, bob, 1_000))).toEqual([false, true, false])
    for (let i = 0; i < 1_000; i++) ledger.add(`other ${i}`, anna, 1_000)
    expect(ledger.size).toBe(2)
  })

  it('[T296] is counted anew, and ends at its own time, for one who was forgotten', () => {
    const ledger = new RevealLedger({ peersMax: () => 1, windowMs: 60_000, payersMax: 1 })
    ledger.add('a', anna, 0)
    ledger.add('b', anna, 1_000)
    ledger.add('a', bob, 50_000)
    ledger.expire(61_000)
    expect(ledger.size).toBe(1)
    expect(ledger.hasRoomFor('a', anna, 61_000)).toBe(false)
    ledger.expire(111_000)
    expect(ledger.size).toBe(0)
  })
})
