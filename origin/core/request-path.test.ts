import { describe, expect, it } from 'vitest'
import { parseRequestPath, printRequestPath } from './request-path.ts'

const path = (segments: string[], folder = false, query = '') => ({ kind: 'path', segments, folder, query })

describe('a request target', () => {
  it.each([
    ['/', path([], true)],
    ['/a', path(['a'])],
    ['/a/', path(['a'], true)],
    ['/a/b.zip', path(['a', 'b.zip'])],
    ['/a%20b', path(['a b'])],
    ['/a+b', path(['a+b'])],
    ['/caf%C3%A9', path(['café'])],
    ['/café', path(['café'])],
    ['/a?x=/../y', path(['a'], false, '?x=/../y')],
    ['/a#b', path(['a'])],
    ['/?x', path([], true, '?x')],
    ['/a..b', path(['a..b'])],
    ['/%252e%252e/a', path(['%2e%2e', 'a'])],
    ['/%25', path(['%'])],
    ['/C:', path(['C:'])],
    ['http://host:80/a/b?c', path(['a', 'b'], false, '?c')],
    ['http://host', path([], true)],
    ['HTTPS://host?x', path([], true, '?x')],
  ])('%s is read', (target, expected) => {
    expect(parseRequestPath(target)).toEqual(expected)
  })

  it.each([
    '/..',
    '/../etc/passwd',
    '/a/../../etc/passwd',
    '/%2e%2e/etc/passwd',
    '/%2E%2e/etc/passwd',
    '/.%2e/etc/passwd',
    '/a/./b',
    '/.git/config',
    '/.htaccess',
    '/%2ehtaccess',
    '/a/.b/c',
    '/a%2fb',
    '/a%2Fb',
    '/..%2f..%2fetc%2fpasswd',
    '/a%5cb',
    '/..\\..\\etc',
    '/..%5c..%5cetc',
    '/a%00.zip',
    '/a%0ab',
    '/a%7f',
    '/a%c2%85b',
    '//etc/passwd',
    '/a//b',
    '/a//',
    '//',
  ])('[O8] [O9] %s leads to nothing', (target) => {
    expect(parseRequestPath(target)).toEqual({ kind: 'not found' })
  })

  it.each(['/%', '/%2', '/%zz', '/a%', '/%ff', '/%c0%ae%c0%ae/a', '/%ed%a0%80'])(
    '[O8] %s is wrongly encoded',
    (target) => {
      expect(parseRequestPath(target)).toEqual({ kind: 'malformed', reason: expect.stringContaining('encoding') })
    },
  )

  it('that is no path is malformed', () => {
    expect(parseRequestPath('*').kind).toBe('malformed')
    expect(parseRequestPath('a/b').kind).toBe('malformed')
    expect(parseRequestPath('ftp://host/a').kind).toBe('malformed')
    expect(parseRequestPath(`/${'a'.repeat(9000)}`).kind).toBe('malformed')
  })
})

describe('a printed path', () => {
  it('[O10] leads back to the same names and never to another host', () => {
    for (const segments of [[], ['a'], ['a b', 'c?d#e'], ['é', '100%', 'a:b@c']]) {
      expect(parseRequestPath(printRequestPath(segments))).toMatchObject({ segments })
      expect(parseRequestPath(printRequestPath(segments, true))).toMatchObject({ segments, folder: true })
      expect(printRequestPath(segments, true)).not.toMatch(/^\/\//)
    }
  })
})
