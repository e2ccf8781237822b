import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { open, readdir, readlink, rename, symlink, truncate, writeFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GiB, KiB, MiB } from '../../shared/limits.ts'
import { digest, type ServedOrigin, serveOrigin } from '../../test/fakes/served-origin.ts'

/** More than all buffers between two ends of a loopback connection hold, so that an unread answer is under way. */
const largeBytes = 64 * MiB

let site: ServedOrigin
let large: string
beforeEach(async () => {
  site = await serveOrigin()
  large = join(site.folder, 'large.bin')
  await writeFile(large, 'begins')
  await truncate(large, largeBytes)
})
afterEach(() => site.close())

/** An answer whose headers are here and whose body nobody reads yet. */
async function unread(path: string, from = site): Promise<IncomingMessage> {
  const sent = request({ host: '127.0.0.1', port: from.port, path, agent: false }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  response.on('error', () => undefined)
  return response
}

async function readOut(response: IncomingMessage): Promise<{ bytes: number; complete: boolean }> {
  let bytes = 0
  response.on('data', (part: Buffer) => {
    bytes += part.length
  })
  await new Promise((resolve) => response.once('close', resolve))
  return { bytes, complete: response.complete }
}

/** Descriptors of this process that lead into the site's folder. */
async function openFiles(): Promise<string[]> {
  const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''))
  return (await Promise.all(links)).filter((path) => path.startsWith(site.folder))
}

describe('a file that changes while it is sent', () => {
  it.each([
    [
      'overwritten in place',
      async () => {
        const handle = await open(large, 'r+')
        await handle.write('other', 50 * MiB)
        await handle.close()
      },
    ],
    [
      'overwritten in place and given its old date',
      async () => {
        const handle = await open(large, 'r+')
        const { atime, mtime } = await handle.stat()
        await handle.write('other', 50 * MiB)
        await handle.utimes(atime, mtime)
        await handle.close()
      },
    ],
    ['cut short', () => truncate(large, 1000)],
    ['grown', () => truncate(large, largeBytes + 1)],
  ])('[O16] by being %s breaks the answer off: no bytes of two versions come as one', async (_how, change) => {
    const response = await unread('/large.bin')
    await change()
    const { bytes, complete } = await readOut(response)
    expect(complete).toBe(false)
    expect(bytes).toBeLessThan(largeBytes)
    expect((await site.get('/large.bin', { range: 'bytes=0-4' })).text).toBe('begin')
  })

  it('[O16] by being replaced is sent as it was, to the end', async () => {
    const response = await unread('/large.bin')
    await writeFile(`${large}.new`, 'new')
    await rename(`${large}.new`, large)
    expect(await readOut(response)).toEqual({ bytes: largeBytes, complete: true })
    expect((await site.get('/large.bin')).text).toBe('new')
  })
})

describe('a visitor who goes away', () => {
  it.runIf(process.platform === 'linux')('[O21] leaves no file open', async () => {
    const response = await unread('/large.bin')
    expect(await openFiles()).toEqual([large])
    expect(site.origin.stats().activeResponses).toBe(1)
    response.destroy()
    await expect.poll(openFiles).toEqual([])
    expect(site.origin.stats().activeResponses).toBe(0)
  })

  it.runIf(process.platform === 'linux')('[O21] or gets any other answer leaves no file open', async () => {
    await writeFile(join(site.folder, 'index.html'), 'x')
    const headers: Record<string, string>[] = [
      {},
      { range: 'bytes=0-9' },
      { range: `bytes=${largeBytes}-` },
      { 'if-none-match': '*' },
      { 'if-match': '"x"' },
    ]
    for (const path of ['/large.bin', '/large.bin/', '/', '/large.bin.nearcast.json', '/large.bin.nearcast.pages']) {
      for (const each of headers) for (const method of ['GET', 'HEAD', 'PUT']) await site.get(path, each, method)
    }
    expect(await openFiles()).toEqual([])
  })

  it('[O21] is broken off when the origin closes', async () => {
    const response = await unread('/large.bin')
    await site.origin.close()
    expect((await readOut(response)).complete).toBe(false)
    expect(site.origin.stats().activeResponses).toBe(0)
  })
})

describe('places in large files', () => {
  it('[O4] beyond 32 bits are found', async () => {
    const handle = await open(large, 'r+')
    await handle.write('far away', 5 * GiB)
    await handle.close()
    const range = `bytes=${5 * GiB}-${5 * GiB + 7}`
    const answer = await site.get('/large.bin', { range })
    expect(answer).toMatchObject({ status: 206, text: 'far away' })
    expect(answer.headers['content-range']).toBe(`bytes ${5 * GiB}-${5 * GiB + 7}/${5 * GiB + 8}`)
  })
})

describe('things that are no files', () => {
  it('[O22] such as devices and pipes are not found, and hold nobody up', async () => {
    await once(execFile('mkfifo', [join(site.folder, 'pipe')]), 'exit')
    await symlink('/dev/zero', join(site.folder, 'zero'))
    for (const path of ['/pipe', '/pipe.nearcast.json', '/zero']) expect((await site.get(path)).status).toBe(404)
  })
})

describe('a cap on all bodies together', () => {
  it('[O20] changes no byte of what is sent', async () => {
    const content = randomBytes(700 * KiB)
    const capped = await serveOrigin({ folder: site.folder, egressBytesPerSecondMax: 20 * MiB })
    await writeFile(join(site.folder, 'content'), content)
    const whole = Array.from({ length: 4 }, () => capped.get('/content'))
    const part = capped.get('/content', { range: 'bytes=100000-299999' })
    for (const answer of await Promise.all(whole)) expect(answer.sha256).toBe(digest(content))
    expect((await part).sha256).toBe(digest(content.subarray(100_000, 300_000)))
    await capped.close()
  })

  it('[O20] lets manifests and errors through while downloads use all of it, and forgets who goes away', async () => {
    const capped = await serveOrigin({ folder: site.folder, egressBytesPerSecondMax: 2 * MiB })
    await writeFile(join(site.folder, 'small'), 'small')
    const downloads = await Promise.all(Array.from({ length: 10 }, () => unread('/large.bin', capped)))
    for (const each of downloads) each.resume()
    expect((await capped.get('/small.nearcast.json')).status).toBe(200)
    expect((await capped.get('/none')).status).toBe(404)
    expect((await capped.get('/small')).text).toBe('small')
    expect(downloads.map(({ complete }) => complete)).not.toContain(true)
    for (const each of downloads) each.destroy()
    await expect.poll(() => capped.origin.stats().activeResponses).toBe(0)
    await capped.close()
  })

  it('[O20] is not held up by a visitor who does not read', async () => {
    const capped = await serveOrigin({ folder: site.folder, egressBytesPerSecondMax: 50 * MiB })
    const stalled = await unread('/large.bin', capped)
    expect((await capped.get('/large.bin', { range: 'bytes=0-9999999' })).body).toHaveLength(10_000_000)
    stalled.destroy()
    await capped.close()
  })
})
