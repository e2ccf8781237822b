/** What test/contract/http-source.ts leaves to the platform; that contract has the rest. */
import { expect, it } from 'vitest'
import { listen } from '../../test/browser/page-server.ts'
import { lyingOrigin } from '../../test/fakes/lying-origin.ts'
import type { HttpFailure } from '../ports.ts'
import { createHttpSource } from './http-source.ts'

it('does not ask again for a body that is encoded, where the platform shows it', async () => {
  const origin = await listen(lyingOrigin)
  const request = { url: `${origin.origin}/lies/encoded`, from: 0, to: 1000, fileBytes: 300_000, etag: undefined }
  const failure = await new Promise<HttpFailure>((resolve, reject) => {
    const unexpected = () => reject(new Error('the encoded body was taken'))
    createHttpSource().open(request, { bytes: unexpected as () => undefined, ended: unexpected, failed: resolve })
  })
  expect(failure).toEqual({ retry: false, reason: 'encoded as gzip' })
  await origin.close()
})

it('refuses a range that no file of this size has', () => {
  const events = { bytes: () => undefined, ended: () => {}, failed: () => {} }
  const open = (from: number, to: number) => () =>
    createHttpSource().open({ url: 'http://127.0.0.1:1/', from, to, fileBytes: 100, etag: undefined }, events)
  expect(open(0, 0)).toThrow('[0, 0) of a file of 100 bytes')
  expect(open(0, 101)).toThrow('[0, 101)')
  expect(open(-1, 5)).toThrow('[-1, 5)')
})
