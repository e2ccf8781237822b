import { describe, expect, it } from 'vitest'
import { StunAllowance } from './stun-allowance.ts'

const limits = { stunAnswersPerSecond: 100, stunAnswersPerNetworkPerSecond: 10 }

const v4 = (number: number) => Uint8Array.of(198, (number >> 8) & 0xff, number & 0xff, number % 251)
const v6 = (number: number) =>
  Uint8Array.of(0x20, 1, 13, 0xb8, number >> 8, number & 0xff, ...Array(10).fill(number % 251))

function takeMany(allowance: StunAllowance, count: number, addressOf: (i: number) => Uint8Array, now = 0): number {
  let taken = 0
  for (let i = 0; i < count; i++) if (allowance.take(addressOf(i), now)) taken++
  return taken
}

describe('the allowance of STUN answers', () => {
  it('[T225] gives one network its part, whatever address in it asks, and others theirs', () => {
    const allowance = new StunAllowance(limits)
    expect(takeMany(allowance, 1000, (i) => Uint8Array.of(203, 0, 113, i % 256))).toBe(10)
    expect(takeMany(allowance, 1000, (i) => Uint8Array.of(0x20, 1, 13, 0xb8, 7, 7, ...Array(10).fill(i % 256)))).toBe(
      10,
    )
    expect(allowance.take(v4(1), 0)).toBe(true)
    expect(takeMany(allowance, 1000, () => Uint8Array.of(203, 0, 113, 9), 1000)).toBe(10)
  })

  it('[T225] takes an IPv4 address inside IPv6 for what it is', () => {
    const allowance = new StunAllowance(limits)
    const mapped = (i: number) => Uint8Array.of(...Array(10).fill(0), 0xff, 0xff, 203, 0, 113, i)
    expect(takeMany(allowance, 20, (i) => (i % 2 === 0 ? mapped(i) : Uint8Array.of(203, 0, 113, i)))).toBe(10)
  })

  it('[T225] gives all together no more than the limit, and remembers no more networks than were answered', () => {
    const allowance = new StunAllowance(limits)
    for (const addressOf of [v4, v6]) {
      expect(takeMany(allowance, 20_000, addressOf, 500)).toBeLessThanOrEqual(100)
      expect(allowance.networkCount).toBeLessThanOrEqual(100)
    }
    // What was refused a moment ago is not owed.
    expect(takeMany(allowance, 20_000, v4, 60_000)).toBe(100)
    expect(allowance.networkCount).toBe(100)
  })

  it('[T225] holds out for a network while another floods', () => {
    const allowance = new StunAllowance(limits)
    for (let now = 0; now < 60_000; now += 100) {
      takeMany(allowance, 500, () => Uint8Array.of(203, 0, 113, 9), now)
      expect(allowance.take(v4(now), now)).toBe(true)
    }
  })
})
