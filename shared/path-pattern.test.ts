import { describe, expect, it } from 'vitest'
import { readPathPattern } from './path-pattern.ts'

describe('a pattern of paths', () => {
  it.each([
    ['*.mp4', ['/a.mp4', '/films/2026/b.mp4', '/.mp4'], ['/a.mp4x', '/a.mp4/b', '/amp4']],
    ['/downloads/**', ['/downloads/a', '/downloads/a/b.zip', '/downloads/'], ['/downloads', '/x/downloads/a']],
    ['downloads/*.zip', ['/downloads/a.zip'], ['/downloads/a/b.zip', '/x/downloads/a.zip']],
    ['/a/**/b.zip', ['/a/b.zip', '/a/x/y/b.zip'], ['/a/xb.zip', '/ab.zip']],
    ['**', ['/a', '/a/b'], []],
    ['/a+b(1).zip', ['/a+b(1).zip'], ['/aab1.zip', '/aab(1).zip']],
    ['*.🎬', ['/film.🎬'], ['/film.']],
  ])('[M19] %s takes what it says and nothing else', (text, taken, left) => {
    const pattern = readPathPattern(text)!
    expect(taken.filter((path) => !pattern(path))).toEqual([])
    expect(left.filter(pattern)).toEqual([])
  })

  it.each(['', 'a b', 'a,b', 'x'.repeat(201)])('[M19] %j is none', (text) => {
    expect(readPathPattern(text)).toBeUndefined()
  })
})
