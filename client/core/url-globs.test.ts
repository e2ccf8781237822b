import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readGlobs } from './url-globs.ts'

describe('the list of what is accelerated', () => {
  it.each([
    ['/downloads/**', '/downloads/a/b.zip', true],
    ['/downloads/**', '/downloads/', true],
    ['/downloads/**', '/download/a.zip', false],
    ['/downloads/*', '/downloads/a.zip', true],
    ['/downloads/*', '/downloads/a/b.zip', false],
    ['downloads/*', '/downloads/a.zip', true],
    ['*.mp4', '/films/tide.mp4', true],
    ['*.mp4', '/films/tide.mp4.txt', false],
    ['*.mp4', '/tide.webm', false],
    ['/**/*.iso', '/a/b/c.iso', true],
    ['/**/*.iso', '/c.iso', false],
    ['/**.iso', '/c.iso', true],
    ['/a*b*c/**', '/aXbYc/z', true],
    ['/a*b*c/**', '/aXb/Yc/z', false],
    ['/film.mp4', '/film.mp4', true],
    ['/film.mp4', '/film.mp4x', false],
    ['/film?.mp4', '/film1.mp4', false],
    ['', '/', false],
    [' , ', '/a', false],
    ['*.zip,\n /media/**', '/media/x', true],
  ])('[B10] %s with %s: %s', (list, path, matches) => {
    expect(readGlobs(list)!(path)).toBe(matches)
  })

  it('[B10] is refused when it is too long to be meant', () => {
    expect(readGlobs('*.a '.repeat(65))).toBeUndefined()
    expect(readGlobs(`/${'a'.repeat(256)}`)).toBeUndefined()
  })

  it('[B10] means what the same pattern means as a regular expression', () => {
    const glob = fc
      .array(fc.constantFrom('a', 'b', '/', '*', '**', '.'), { maxLength: 12 })
      .map((parts) => parts.join(''))
    const path = fc.array(fc.constantFrom('a', 'b', '/', '.'), { maxLength: 16 }).map((parts) => `/${parts.join('')}`)
    fc.assert(
      fc.property(glob, path, (text, pathname) => {
        const pattern = `/${text}`
        const source = pattern
          .split(/(\*\*|\*)/)
          .map((part) => (part === '**' ? '.*' : part === '*' ? '[^/]*' : part.replaceAll('.', '\\.')))
          .join('')
        expect(readGlobs(pattern)!(pathname)).toBe(new RegExp(`^${source}$`).test(pathname))
      }),
      { numRuns: 2000 },
    )
  })
})
