import { describe, expect, it } from 'vitest'
import { locationOf, mergeLocations, nowhere } from './location.ts'

describe('what is believed of where a peer is', () => {
  it('[T101] keeps what can be true, in one spelling', () => {
    expect(
      locationOf({
        zone: ' plant ',
        region: 'eu-west',
        subdivision: 'ca',
        country: 'us',
        continent: 'na',
        asn: 'AS64500',
      }),
    ).toEqual({ zone: 'plant', region: 'eu-west', subdivision: 'CA', country: 'US', continent: 'NA', asn: 64500 })
    expect(locationOf({ asn: 4_294_967_295 })).toEqual({ asn: 4_294_967_295 })
  })

  it.each([
    [{ country: 'XX' }],
    [{ country: 'T1' }],
    [{ country: 'Norway' }],
    [{ country: 47 }],
    [{ continent: '' }],
    [{ subdivision: '?' }],
    [{ subdivision: 'California' }],
    [{ asn: 0 }],
    [{ asn: 4_294_967_296 }],
    [{ asn: '64500; drop' }],
    [{ asn: Number.NaN }],
    [{ zone: '   ' }],
    [{ zone: 'x'.repeat(65) }],
    [{ region: null }],
    [{ region: { name: 'eu' } }],
  ])('[T101] leaves out what cannot: %j', (claims) => {
    expect(locationOf(claims)).toEqual({})
  })

  it('[T101] believes the first source that says something of it', () => {
    expect(mergeLocations({ country: 'NO' }, { country: 'SE', asn: 1 }, { asn: 2, zone: 'plant' })).toEqual({
      country: 'NO',
      asn: 1,
      zone: 'plant',
    })
    expect(mergeLocations()).toBe(nowhere)
  })
})
