import { describe, expect, it } from 'vitest'
import { KnownPages } from './known-pages.ts'

describe('the pages that a worker knows', () => {
  it('[B14] are asked for their own requests, and for those of a page that cannot be asked the newest', () => {
    const pages = new KnownPages()
    expect(pages.hostsFor('a', 'image')).toEqual([])
    pages.hello('a', true, [])
    pages.hello('b', true, [])
    pages.hello('c', false, ['/tide.mp4'])
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
    pages.hello('new', false, [])
    expect(pages.hostsFor('new', 'video')).toEqual([])
  })

  it('[B13] have their own marks', () => {
    const pages = new KnownPages()
    pages.hello('a', true, ['/tide.mp4', 7])
    expect(pages.isMarked('a', '/tide.mp4')).toBe(true)
    expect(pages.isMarked('b', '/tide.mp4')).toBe(false)
    pages.hello('a', true, [])
    expect(pages.isMarked('a', '/tide.mp4')).toBe(false)
  })

  it('[B14] are few, however many there are', () => {
    const pages = new KnownPages()
    for (let i = 0; i < 100; i++) pages.hello(`page ${i}`, true, [])
    expect(pages.hostsFor('', 'image').length).toBe(64)
    expect(pages.hostsFor('', 'image')[0]).toBe('page 99')
  })
})
