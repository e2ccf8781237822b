import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type PageOrigin, startPageOrigin } from '../../test/fakes/page-origin.ts'
import { sampleBytes } from '../../test/fakes/sample-file.ts'
import { ManifestDesk } from './manifest-desk.ts'
import { nodeHasher } from './node-hasher.ts'

const { signal } = new AbortController()
const manifestPath = '/file.bin.nearcast.json'

let origin: PageOrigin
let desk: ManifestDesk
let url: string
beforeEach(async () => {
  origin = await startPageOrigin()
  origin.publish('/file.bin', sampleBytes(100_000))
  desk = new ManifestDesk(nodeHasher)
  url = `${origin.url}/file.bin`
})
afterEach(() => origin.close())

it('asks a server once for what the client needs as well, and by its ETag from then on', async () => {
  const first = await desk.ask(url, signal)
  expect(first).toMatchObject({ kind: 'manifest', manifest: { name: 'file.bin' } })
  expect(await desk.source(url, signal)).toMatchObject({ name: 'file.bin' })
  expect(origin.asked).toEqual([manifestPath])
  const conditions: unknown[] = []
  origin.answers.set(manifestPath, (request: IncomingMessage, response: ServerResponse) => {
    conditions.push(request.headers['if-none-match'])
    response.writeHead(304).end()
  })
  expect(await desk.ask(url, signal)).toEqual(first)
  expect(conditions).toEqual(['"manifest"'])
})

it('[H11] sees another version, and keeps the last one while the server has none', async () => {
  await desk.ask(url, signal)
  origin.publish('/file.bin', sampleBytes(200_000))
  expect(await desk.ask(url, signal)).toMatchObject({ manifest: { geometry: { fileBytes: 200_000 } } })
  origin.answers.set(manifestPath, (_, response) => void response.writeHead(500).end())
  expect(await desk.ask(url, signal)).toMatchObject({ kind: 'none', status: 500 })
  expect(await desk.source(url, signal)).toMatchObject({ geometry: { fileBytes: 200_000 } })
})

it('waits for a server that is still hashing, as long as its patience lasts', async () => {
  let answers = 0
  origin.answers.set(manifestPath, (_, response) => {
    if (++answers === 2) origin.answers.delete(manifestPath)
    response.writeHead(503, { 'retry-after': '0' }).end()
  })
  expect(await desk.ask(url, signal)).toMatchObject({ kind: 'none', status: 503 })
  expect(await desk.ask(url, signal, 60_000)).toMatchObject({ kind: 'manifest' })
})

it.each([
  ['is no manifest', (response: ServerResponse) => void response.end('{"nearcast":1}'), /missing or wrong field/],
  ['breaks off', (response: ServerResponse) => void response.destroy(), /no manifest: /],
])('says why there is none when the answer %s', async (_, answer, reason) => {
  origin.answers.set(manifestPath, (_request, response) => answer(response))
  expect(await desk.ask(url, signal)).toMatchObject({ kind: 'none', reason: expect.stringMatching(reason) })
})
