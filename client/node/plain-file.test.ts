import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { sampleBytes } from '../../test/fakes/sample-file.ts'
import { savePlain } from './plain-file.ts'

const first = Buffer.from(sampleBytes(400_000))
const second = Buffer.from(first).reverse()
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

let server: Server
let url: string
let folder: string
/** What the server has, how it names it, and where it breaks off its next answers. */
let content: Buffer
let etag: string | undefined
let breaksAt: number[]
let asked: { range: string | undefined; ifRange: string | undefined }[]

beforeEach(async () => {
  content = first
  etag = '"one"'
  breaksAt = []
  asked = []
  server = createServer((request, response) => {
    const { range, 'if-range': ifRange } = request.headers
    asked.push({ range, ifRange: ifRange as string | undefined })
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
    const isRest = range !== undefined && ifRange === etag
    if (isRest && from >= content.length) {
      return void response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end()
    }
    const body = isRest ? content.subarray(from) : content
    response.writeHead(isRest ? 206 : 200, {
      'content-length': body.length,
      ...(etag !== undefined && { etag }),
      ...(isRest && { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }),
    })
    const end = breaksAt.shift()
    if (end === undefined) return void response.end(body)
    response.write(body.subarray(0, end), () => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/plain.bin`
  folder = mkdtempSync(join(tmpdir(), 'nearcast-plain-'))
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})

const save = (signal = new AbortController().signal, onDone: (doneBytes: number) => void = () => {}) =>
  savePlain(url, { partPath: join(folder, 'out.part'), finalPath: join(folder, 'out') }, signal, (progress) =>
    onDone(progress.doneBytes),
  )

/** Ends a first run once some bytes are here. */
async function saveSome(): Promise<void> {
  breaksAt = [150_000]
  const ended = new AbortController()
  const saving = save(ended.signal, (doneBytes) => {
    if (doneBytes >= 100_000) ended.abort('enough')
  })
  await expect(saving).rejects.toBe('enough')
  breaksAt = []
  asked = []
}

it('[H5] is saved as it comes, with its hash', async () => {
  expect(await save()).toMatchObject({ doneBytes: 400_000, storedBytes: 0, sha256: sha256(first) })
  expect(sha256(readFileSync(join(folder, 'out')))).toBe(sha256(first))
  expect(readdirSync(folder)).toEqual(['out'])
})

it('[H5] goes on where it was ended, if the server still has that version', async () => {
  await saveSome()
  const saved = await save()
  expect(saved).toMatchObject({ doneBytes: 400_000, sha256: sha256(first) })
  expect(saved.storedBytes).toBeGreaterThanOrEqual(100_000)
  expect(asked).toEqual([{ range: `bytes=${saved.storedBytes}-`, ifRange: '"one"' }])
  expect(sha256(readFileSync(join(folder, 'out')))).toBe(sha256(first))
})

it('[H4] [H5] is begun anew when the server has another version, and never mixed', async () => {
  await saveSome()
  content = second
  etag = '"two"'
  expect(await save()).toMatchObject({ doneBytes: 400_000, storedBytes: 0, sha256: sha256(second) })
  expect(sha256(readFileSync(join(folder, 'out')))).toBe(sha256(second))
})

it.each([undefined, 'W/"weak"'])('[H5] is begun anew when nothing names the version for certain: %s', async (weak) => {
  etag = weak
  await saveSome()
  expect(await save()).toMatchObject({ storedBytes: 0, sha256: sha256(first) })
  expect(asked).toEqual([{ range: undefined, ifRange: undefined }])
})

it('[H5] goes on by itself after the line broke, and begins anew after the file changed', async () => {
  breaksAt = [150_000, 50_000]
  expect(await save()).toMatchObject({ doneBytes: 400_000, sha256: sha256(first) })
  expect(asked.map(({ range }) => range !== undefined)).toEqual([false, true, true])
})

it('[H5] ended between its last byte and its name, it asks for nothing twice', async () => {
  const ended = new AbortController()
  // The whole of it is here; then the process is killed.
  const saving = save(ended.signal, (doneBytes) => {
    if (doneBytes === 400_000) ended.abort('killed')
  })
  await saving.catch(() => {})
  rmSync(join(folder, 'out'), { force: true })
  const saved = await save()
  expect(saved.sha256).toBe(sha256(first))
})
