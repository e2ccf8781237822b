import { describe, expect, it } from 'vitest'
import { addressBytes } from '../../test/fakes/tracker-crowd.ts'
import type { Location } from './location.ts'
import { placeOf, placeWith, ringOf, type Scope, subscriberKey, tierOf, unmapped } from './place.ts'

const place = (address: string, location?: Location, scope?: Scope) => placeOf(addressBytes(address), location, scope)

const tier = (a: string, b: string, atA?: Location, atB?: Location) => tierOf(place(a, atA), place(b, atB))
const ring = (a: Location, b: Location) => ringOf(place('203.0.113.5', a), place('198.51.100.5', b))

describe('how near two peers are', () => {
  it.each([
    ['203.0.113.5', '203.0.113.5', 'address'],
    ['203.0.113.5', '203.0.113.200', 'network'],
    ['203.0.112.5', '203.0.127.9', 'isp'],
    ['203.0.112.5', '203.0.128.9', 'isp'],
    ['203.0.112.5', '203.1.112.5', 'anywhere'],
    ['2001:db8:1:1:0:0:0:1', '2001:db8:1:1:0:0:0:1', 'address'],
    ['2001:db8:1:1:0:0:0:1', '2001:db8:1:2:0:0:0:1', 'network'],
    ['2001:db8:1:1:0:0:0:1', '2001:db8:2:1:0:0:0:1', 'isp'],
    ['2001:db8:1:1:0:0:0:1', '2001:dbf:1:1:0:0:0:1', 'isp'],
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
    expect(tier('203.0.113.5', '2001:db8:0:0:0:0:0:1', { region: 'oslo' }, { region: 'oslo' })).toBe('region')
    expect(tier('203.0.113.5', '198.51.100.5', { region: 'oslo' }, { region: 'bergen' })).toBe('anywhere')
    expect(tier('203.0.113.5', '203.0.113.6', { region: 'oslo' }, { region: 'bergen' })).toBe('network')
  })

  it.each([
    [{ zone: 'plant' }, { zone: 'plant' }, 'zone'],
    [{ asn: 64500, country: 'NO' }, { asn: 64500, country: 'NO' }, 'provider'],
    [{ asn: 64500, country: 'NO' }, { asn: 64500, country: 'SE' }, undefined],
    [{ asn: 64500, country: 'NO' }, { asn: 64501, country: 'NO' }, 'country'],
    [{ country: 'US', subdivision: 'CA' }, { country: 'US', subdivision: 'CA' }, 'region'],
    [{ country: 'US', subdivision: 'CA' }, { country: 'US', subdivision: 'NY' }, 'country'],
    [{ country: 'US', subdivision: '01' }, { country: 'JP', subdivision: '01' }, undefined],
    [{ country: 'NO', continent: 'EU' }, { country: 'SE', continent: 'EU' }, 'continent'],
  ] as const)('[T100] knows far addresses at %j and %j to be of one: %s', (a, b, expected) => {
    expect(ring(a, b)).toBe(expected)
    expect(ring(b, a)).toBe(expected)
  })

  it('[T100] lets what is known stand in place of what the address lets guess', () => {
    expect(tier('203.0.112.5', '203.0.127.9', { zone: 'a' }, { zone: 'b' })).toBe('isp')
    expect(tier('203.0.112.5', '203.0.127.9', { zone: 'a', asn: 1 }, { zone: 'b', asn: 2 })).toBe('anywhere')
    expect(tier('203.0.112.5', '203.0.200.9', { asn: 1 }, { asn: 2 })).toBe('anywhere')
    expect(tier('203.0.112.5', '203.0.200.9')).toBe('isp')
  })

  it('[T100] goes by the more trusted source, and by the others for what it leaves open', () => {
    const known = place('203.0.112.5', { country: 'DE', asn: 64500, region: 'west' })
    const moved = placeWith(known, { country: 'NO' }, 'anywhere')
    expect(moved.location).toEqual({ country: 'NO', asn: 64500, region: 'west' })
    expect(moved.address).toBe(known.address)
    expect(ringOf(moved, place('203.0.112.5'))).toBe('address')
  })
})

describe('whom a scope joins', () => {
  const meet = (scope: Scope, a: Location & { at: string }, b: Location & { at: string }) =>
    place(a.at, a, scope).scope === place(b.at, b, scope).scope

  it('[T105] anywhere: everyone', () => {
    expect(meet('anywhere', { at: '203.0.113.5', country: 'NO' }, { at: '198.51.100.5', country: 'SE' })).toBe(true)
  })

  it('[T105] region: those of one named region, else of one country, else of one provider', () => {
    const far = { at: '198.51.100.5' }
    expect(meet('region', { at: '203.0.113.5', region: 'eu' }, { ...far, region: 'eu' })).toBe(true)
    expect(meet('region', { at: '203.0.113.5', region: 'eu' }, { ...far, region: 'us' })).toBe(false)
    expect(meet('region', { at: '203.0.113.5', country: 'NO' }, { ...far, country: 'NO' })).toBe(true)
    expect(meet('region', { at: '203.0.113.5', country: 'NO' }, { ...far, country: 'SE' })).toBe(false)
    expect(meet('region', { at: '203.0.113.5' }, far)).toBe(false)
    expect(meet('region', { at: '203.0.113.5' }, { at: '203.0.200.5' })).toBe(true)
    // What is known of two neighbours overrules that they are neighbours.
    expect(meet('region', { at: '203.0.113.5', country: 'NO' }, { at: '203.0.113.6', country: 'SE' })).toBe(false)
  })

  it('[T105] network: those of one zone, else of one /24 or /48', () => {
    expect(meet('network', { at: '203.0.113.5' }, { at: '203.0.113.6' })).toBe(true)
    expect(meet('network', { at: '203.0.113.5' }, { at: '203.0.112.6' })).toBe(false)
    expect(meet('network', { at: '203.0.113.5', zone: 'a' }, { at: '198.51.100.5', zone: 'a' })).toBe(true)
    expect(meet('network', { at: '203.0.113.5', zone: 'a' }, { at: '203.0.113.6', zone: 'b' })).toBe(false)
  })
})

describe('the unit of the limits per address', () => {
  it('[T14] counts an IPv6 /64 as one subscriber, whatever the rest of the address', () => {
    const key = (text: string) => subscriberKey(addressBytes(text))
    expect(key('2001:db8:1:1:0:0:0:1')).toBe(key('2001:db8:1:1:ffff:0:0:9'))
    expect(key('2001:db8:1:1:0:0:0:1')).not.toBe(key('2001:db8:1:2:0:0:0:1'))
    expect(key('203.0.113.5')).not.toBe(key('203.0.113.6'))
    expect(key('203.0.113.5')).toBe(key('0:0:0:0:0:ffff:cb00:7105'))
  })
})
