import { describe, expect, it } from 'vitest'
import { KnownPages } from './known-pages.ts'

describe('the pages that a worker knows', () => {
  it('[B14] are asked for their own requests, and for those of a page that cannot be asked the newest', () => {
    const pages = new KnownPages()
    expect(pages.hostsFor('a', 'image')).toEqual([])
    pages.hello('a', { isReady: true, paths: [] })
    pages.hello('b', { isReady: true, paths: [] })
    pages.hello('c', { isReady: false, paths: ['/tide.mp4'] })
    expect(pages.hostsFor('a', 'image')).toEqual(['a'])
    expect(pages.hostsFor('c', 'image')).toEqual(['b', 'a'])
    expect(pages.hostsFor('', 'image')).toEqual(['b', 'a'])
    pages.gone('b')
    expect(pages.hostsFor('c', 'image')).toEqual(['a'])
  })

  it('[B14] are asked for media of their markup before they said hello', () => {
    const pages = new KnownPages()
    expect(pages.hostsFor('new', 'video')).toEqual(['new'])
    expect(pages.hostsFor('new', 'image')).toEqual([])
    pages.hello('new', { isReady: false, paths: [] })
    expect(pages.hostsFor('new', 'video')).toEqual([])
  })

  it('[B13] have their own marks', () => {
    const pages = new KnownPages()
    pages.hello('a', { isReady: true, paths: ['/tide.mp4', 7] })
    expect(pages.isMarked('a', '/tide.mp4')).toBe(true)
    expect(pages.isMarked('b', '/tide.mp4')).toBe(false)
    pages.hello('a', { isReady: true, paths: [] })
    expect(pages.isMarked('a', '/tide.mp4')).toBe(false)
  })

  it('[B70] want nothing unsigned for as long as they say so', () => {
    const pages = new KnownPages()
    pages.hello('a', { isReady: true, isStrict: true, paths: [] })
    expect([pages.isStrict('a'), pages.isStrict('b')]).toEqual([true, false])
    pages.hello('a', { isReady: true, isStrict: 'yes', paths: [] })
    expect(pages.isStrict('a')).toBe(false)
  })

  it('[B14] are few, however many there are', () => {
    const pages = new KnownPages()
    for (let i = 0; i < 100; i++) pages.hello(`page ${i}`, { isReady: true, paths: [] })
    expect(pages.hostsFor('', 'image').length).toBe(64)
    expect(pages.hostsFor('', 'image')[0]).toBe('page 99')
  })
})
