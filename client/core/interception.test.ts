import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AnswerFacts,
  acceleratedBytesMin,
  acceleratedRange,
  continuationOf,
  isContinuation,
  type RequestFacts,
  refusalOf,
} from './interception.ts'
import { readGlobs } from './url-globs.ts'

const site = 'https://site.example'
const all = readGlobs('/**')!
const headersOf = (headers: Record<string, string>) => new Map(Object.entries(headers))
const request = (changes: Partial<RequestFacts> = {}): RequestFacts => ({
  method: 'GET',
  origin: site,
  pathname: '/films/tide.mp4',
  username: '',
  mode: 'no-cors',
  cache: 'default',
  destination: 'video',
  headers: new Map(),
  ...changes,
})
const answer = (changes: Partial<AnswerFacts> = {}, headers: Record<string, string> = {}): AnswerFacts => ({
  status: 200,
  type: 'basic',
  redirected: false,
  headers: headersOf({ 'content-type': 'video/mp4', 'content-length': '1000000', ...headers }),
  ...changes,
})

describe('a request', () => {
  it.each(['video', 'audio', 'image', 'font', 'track', ''])('[B11] for %s on the list is taken', (destination) => {
    expect(refusalOf(request({ destination }), site, all)).toBeUndefined()
  })

  it.each<[string, Partial<RequestFacts>]>([
    ['not a GET', { method: 'POST' }],
    ['not a GET', { method: 'HEAD' }],
    ['another site', { origin: 'https://other.example' }],
    ['another site', { origin: 'http://site.example' }],
    ['another site', { username: 'me' }],
    ['a navigation', { mode: 'navigate' }],
    ['an address of Nearcast', { pathname: '/.nearcast/engine.js' }],
    ['an address of Nearcast', { pathname: '/films/tide.mp4.nearcast.json' }],
    ['an address of Nearcast', { pathname: '/films/tide.mp4.nearcast.pages' }],
    ['cache: no-store', { cache: 'no-store' }],
    ['cache: only-if-cached', { cache: 'only-if-cached' }],
    ['cache: reload', { cache: 'reload' }],
    ['for one visitor alone', { headers: headersOf({ authorization: 'Bearer x' }) }],
    ['active content', { destination: 'script' }],
    ['active content', { destination: 'style' }],
    ['active content', { destination: 'worker' }],
    ['active content', { destination: 'iframe' }],
    ['not one range of bytes', { headers: headersOf({ range: 'bytes=0-1,5-6' }) }],
    ['not one range of bytes', { headers: headersOf({ range: 'lines=1-2' }) }],
  ])('[B11] is left to the browser: %s', (reason, changes) => {
    expect(refusalOf(request(changes), site, all)).toBe(reason)
  })

  it('[B11] that is not on the list is left to the browser', () => {
    expect(refusalOf(request(), site, readGlobs('*.zip')!)).toBe('not on the list')
  })
})

describe('an answer', () => {
  it('[B12] with a whole file, or one part of it, may come from peers', () => {
    expect(acceleratedRange(answer())).toEqual({ from: 0, to: 1_000_000, fileBytes: 1_000_000 })
    const part = { 'content-range': 'bytes 100000-299999/1000000', 'content-length': '200000' }
    expect(acceleratedRange(answer({ status: 206 }, part))).toEqual({
      from: 100_000,
      to: 300_000,
      fileBytes: 1_000_000,
    })
  })

  it.each<[string, Partial<AnswerFacts>, Record<string, string>]>([
    ['not modified', { status: 304 }, {}],
    ['an unsatisfiable range', { status: 416 }, { 'content-range': 'bytes */1000000' }],
    ['an error', { status: 404 }, {}],
    ['of another site', { type: 'opaque' }, {}],
    ['redirected', { redirected: true }, {}],
    ['compressed', {}, { 'content-encoding': 'gzip' }],
    ['not to be stored', {}, { 'cache-control': 'max-age=0, no-store' }],
    ['for one visitor', {}, { 'cache-control': 'private' }],
    ['a page', {}, { 'content-type': 'text/html; charset=utf-8' }],
    ['a script', {}, { 'content-type': 'text/javascript' }],
    ['a script by its old name', {}, { 'content-type': 'application/x-javascript' }],
    ['a drawing that can run scripts', {}, { 'content-type': 'image/svg+xml' }],
    ['XML', {}, { 'content-type': 'application/xml' }],
    ['a style', {}, { 'content-type': 'TEXT/CSS' }],
    ['WebAssembly', {}, { 'content-type': 'application/wasm' }],
    ['without a type', {}, { 'content-type': '' }],
    ['of unknown length', {}, { 'content-length': '' }],
    ['short', {}, { 'content-length': String(acceleratedBytesMin - 1) }],
    ['Safari’s probe', { status: 206 }, { 'content-range': 'bytes 0-1/1000000', 'content-length': '2' }],
    ['several parts', { status: 206 }, { 'content-type': 'multipart/byteranges; boundary=x' }],
    ['a part past the end', { status: 206 }, { 'content-range': 'bytes 0-999999/1000' }],
    ['a part that is not the length it says', { status: 206 }, { 'content-range': 'bytes 0-99999/1000000' }],
    ['a part of unknown size', { status: 206 }, { 'content-range': 'bytes 0-999999/*' }],
  ])('[B12] that is %s is the server’s own', (_, changes, headers) => {
    expect(acceleratedRange(answer(changes, headers))).toBeUndefined()
  })

  it('[B12] is never taken for more or less than it says, whatever its fields are', () => {
    const text = fc.oneof(
      fc.string(),
      fc.stringMatching(/^bytes \d{0,20}-\d{0,20}\/\d{0,20}$/),
      fc.stringMatching(/^\d*$/),
    )
    fc.assert(
      fc.property(fc.constantFrom(200, 206), text, text, (status, contentRange, length) => {
        const range = acceleratedRange(answer({ status }, { 'content-range': contentRange, 'content-length': length }))
        if (!range) return
        expect(range.from).toBeGreaterThanOrEqual(0)
        expect(range.to - range.from).toBe(Number(length || range.to - range.from))
        expect(range.to).toBeLessThanOrEqual(range.fileBytes)
        expect(Number.isSafeInteger(range.fileBytes)).toBe(true)
      }),
    )
  })
})

describe('a body that breaks off', () => {
  const root = 'a'.repeat(64)
  const etag = `"${root}"`
  const wanted = { from: 300_000, to: 1_000_000, fileBytes: 1_000_000 }
  const rest = { 'content-range': 'bytes 300000-999999/1000000', 'content-length': '700000', etag }

  it('[B16] is gone on with from the next byte, under If-Range', () => {
    expect(continuationOf(etag, root, wanted)).toEqual({ Range: 'bytes=300000-999999', 'If-Range': etag })
    expect(isContinuation(answer({ status: 206 }, rest), wanted, root)).toBe(true)
  })

  it.each([undefined, '"v1"', `W/${etag}`, root])(
    '[B16] is not where the ETag %s may be of another version',
    (other) => {
      expect(continuationOf(other, root, wanted)).toBeUndefined()
    },
  )

  it.each<[string, Partial<AnswerFacts>, Record<string, string>]>([
    ['the whole file', { status: 200 }, {}],
    ['another version', {}, { etag: `"${'b'.repeat(64)}"` }],
    ['no version', {}, { etag: '' }],
    ['a byte too early', {}, { 'content-range': 'bytes 299999-999999/1000000', 'content-length': '700001' }],
    ['a byte too few', {}, { 'content-range': 'bytes 300000-999998/1000000', 'content-length': '699999' }],
    ['a file of another size', {}, { 'content-range': 'bytes 300000-999999/1000001' }],
    ['compressed', {}, { 'content-encoding': 'br' }],
  ])('[B16] is not gone on with what is %s', (_, changes, headers) => {
    expect(isContinuation(answer({ status: 206, ...changes }, { ...rest, ...headers }), wanted, root)).toBe(false)
  })
})
