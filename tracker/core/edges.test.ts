import { describe, expect, it } from 'vitest'
import { Edges } from './edges.ts'

const eu = 'https://eu.example.org/'
const us = 'https://us.example.org/'
const de = 'https://de.example.org/'
const any = 'https://any.example.org/'

const world = () =>
  new Edges([{ url: any }, { url: us, region: 'US' }, { url: eu, region: 'EU' }, { url: de, region: 'de' }])

describe('the edges that a client is told of', () => {
  it('[T230] begin with those of its own place, the smallest place first, and end with the rest', () => {
    expect(world().orderFor({ country: 'DE', continent: 'EU' }, 0)).toEqual([de, eu, any, us])
    expect(world().orderFor({ country: 'US', continent: 'NA', subdivision: 'OR' }, 0)).toEqual([us, any, eu, de])
    expect(world().orderFor({}, 0)).toEqual([any, us, eu, de])
  })

  it('[T230] go by a zone and a region that the operator named, and by a part of a country', () => {
    const edges = new Edges([
      { url: us, region: 'us-or' },
      { url: eu, region: 'Campus' },
      { url: any, region: 'Halls' },
    ])
    expect(edges.orderFor({ zone: 'halls', region: 'campus' }, 0)).toEqual([any, eu, us])
    expect(edges.orderFor({ country: 'US', subdivision: 'OR' }, 0)[0]).toBe(us)
  })

  it('[T230] that are equally near are each the first for as many clients', () => {
    const edges = new Edges([de, eu, us].map((url) => ({ url, region: 'EU' })))
    const firsts = [0, 1, 2, 3, 4, 5].map((share) => edges.orderFor({ continent: 'EU' }, share)[0])
    expect(firsts).toEqual([de, eu, us, de, eu, us])
  })

  it('[T231] are those that are well: one that fails twice leaves, and is back when it answers', () => {
    const edges = world()
    expect(edges.looked(3, false)).toBe(false)
    expect(edges.orderFor({ country: 'DE' }, 0)[0]).toBe(de)
    expect(edges.looked(3, false)).toBe(true)
    expect(edges.orderFor({ country: 'DE' }, 0)).toEqual([any, us, eu])
    expect(edges.looked(3, false)).toBe(false)
    expect(edges.looked(3, true)).toBe(true)
    expect(edges.orderFor({ country: 'DE' }, 0)[0]).toBe(de)
    expect(edges.version).toBe(2)
  })

  it('[T254] may be others later: what was seen of those that stay is still known', () => {
    const edges = world()
    edges.looked(0, false)
    edges.looked(0, false)
    edges.use([{ url: any }, { url: 'https://new.example.org/' }])
    expect(edges.orderFor({}, 0)).toEqual(['https://new.example.org/'])
    expect(edges.looked(0, true)).toBe(true)
    expect(edges.orderFor({}, 0)).toEqual([any, 'https://new.example.org/'])
  })

  it('[T231] are none when none is well', () => {
    const edges = new Edges([{ url: eu }])
    edges.looked(0, false)
    edges.looked(0, false)
    expect(edges.orderFor({}, 7)).toEqual([])
    expect(edges.wellCount).toBe(0)
  })
})
