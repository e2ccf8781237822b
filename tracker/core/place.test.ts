import { describe, expect, it } from 'vitest'
import { addressBytes } from '../../test/fakes/tracker-crowd.ts'
import { placeOf, subscriberKey, tierOf, unmapped } from './place.ts'

const tier = (a: string, b: string, regionA?: string, regionB?: string) =>
  tierOf(placeOf(addressBytes(a), regionA), placeOf(addressBytes(b), regionB))

describe('how near two peers are', () => {
  it.each([
    ['203.0.113.5', '203.0.113.5', 'address'],
    ['203.0.113.5', '203.0.113.200', 'network'],
    ['203.0.112.5', '203.0.127.9', 'isp'],
    ['203.0.112.5', '203.0.128.9', 'region'],
    ['203.0.112.5', '203.1.112.5', 'anywhere'],
    ['2001:db8:1:1:0:0:0:1', '2001:db8:1:1:0:0:0:1', 'address'],
    ['2001:db8:1:1:0:0:0:1', '2001:db8:1:2:0:0:0:1', 'network'],
    ['2001:db8:1:1:0:0:0:1', '2001:db8:2:1:0:0:0:1', 'isp'],
    ['2001:db8:1:1:0:0:0:1', '2001:dbf:1:1:0:0:0:1', 'region'],
    ['2001:db8:1:1:0:0:0:1', '2001:dc0:1:1:0:0:0:1', 'anywhere'],
    ['32.1.13.184', '2001:db8:0:0:0:0:0:0', 'anywhere'],
  ] as const)('[T14] %s and %s: %s', (a, b, expected) => {
    expect(tier(a, b)).toBe(expected)
    expect(tier(b, a)).toBe(expected)
  })

  it('[T14] takes an IPv4 address for the same in its IPv6 spelling', () => {
    expect(tier('203.0.113.5', '0:0:0:0:0:ffff:cb00:7105')).toBe('address')
    expect([...unmapped(addressBytes('0:0:0:0:0:ffff:cb00:7105'))]).toEqual([203, 0, 113, 5])
  })

  it('[T14] joins what the operator named a region, over both kinds of address', () => {
    expect(tier('203.0.113.5', '2001:db8:0:0:0:0:0:1', 'oslo', 'oslo')).toBe('region')
    expect(tier('203.0.113.5', '198.51.100.5', 'oslo', 'bergen')).toBe('anywhere')
    expect(tier('203.0.113.5', '203.0.113.6', 'oslo', 'bergen')).toBe('network')
  })

  it('[T14] counts an IPv6 /64 as one subscriber, whatever the rest of the address', () => {
    const key = (text: string) => subscriberKey(addressBytes(text))
    expect(key('2001:db8:1:1:0:0:0:1')).toBe(key('2001:db8:1:1:ffff:0:0:9'))
    expect(key('2001:db8:1:1:0:0:0:1')).not.toBe(key('2001:db8:1:2:0:0:0:1'))
    expect(key('203.0.113.5')).not.toBe(key('203.0.113.6'))
    expect(key('203.0.113.5')).toBe(key('0:0:0:0:0:ffff:cb00:7105'))
  })
})
