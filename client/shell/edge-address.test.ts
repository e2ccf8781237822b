import { afterEach, describe, expect, it, vi } from 'vitest'
import { addressAt, isOfSite } from './edge-address.ts'

afterEach(() => vi.unstubAllGlobals())

const tracker = 'wss://tracker.example.org/.nearcast/tracker'

describe('a file at an edge', () => {
  it('[T232] has its own path and query below the beginning of the edge, and no ETag to hold it to', () => {
    const file = { url: 'https://www.example.org/a/b%20c.zip?v=2', etag: '"1"' }
    expect(addressAt(file, 'https://eu.example.org/')).toEqual({
      url: 'https://eu.example.org/a/b%20c.zip?v=2',
      etag: undefined,
    })
    expect(addressAt(file, 'https://cdn.example.net/site/').url).toBe('https://cdn.example.net/site/a/b%20c.zip?v=2')
    expect(addressAt(file, undefined)).toEqual(file)
  })

  it("[T232] is one of the tracker's own host or of the page's, and of no other", () => {
    expect(isOfSite('https://tracker.example.org/x.zip', tracker)).toBe(true)
    expect(isOfSite('https://www.example.org/x.zip', tracker)).toBe(false)
    vi.stubGlobal('location', { origin: 'https://www.example.org' })
    expect(isOfSite('https://www.example.org/x.zip', tracker)).toBe(true)
    expect(isOfSite('https://www.example.org/x.zip', undefined)).toBe(false)
    expect(isOfSite('https://elsewhere.example/x.zip', tracker)).toBe(false)
    expect(isOfSite('http://localhost:8080/x.zip', 'ws://localhost:8080/.nearcast/tracker')).toBe(true)
  })
})
