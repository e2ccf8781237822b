import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Bytes } from '../shared/bytes.ts'
import { type PageOrigin, startPageOrigin } from '../test/fakes/page-origin.ts'
import { sampleBytes } from '../test/fakes/sample-file.ts'
import { createNodeClient, type SaveProgress, saveUrl, streamUrl } from './node.ts'

const chunkBytes = 65_536
const file = sampleBytes(600_000)
const other = sampleBytes(600_000).map((byte) => byte ^ 0xff) as Bytes
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

let origin: PageOrigin
let folder: string
let path: string

beforeEach(async () => {
  origin = await startPageOrigin()
  origin.publish('/file.bin', file)
  folder = mkdtempSync(join(tmpdir(), 'nearcast-node-'))
  path = join(folder, 'file.bin')
})

afterEach(async () => {
  await origin.close()
  rmSync(folder, { recursive: true, force: true })
})

const urlOf = (name = 'file.bin') => `${origin.url}/${name}`

/** Sends each range only as far as `count` bytes into the file, and then nothing. */
const stallAt = (bytes: Bytes, count: number) => (request: IncomingMessage, response: ServerResponse) => {
  const [, first = '0', last = '0'] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
  response.writeHead(206, {
    'content-length': Number(last) + 1 - Number(first),
    'content-range': `bytes ${first}-${last}/${bytes.length}`,
  })
  response.write(bytes.subarray(Number(first), Math.max(count, Number(first))))
}

/** Saves until so many bytes are here, and ends it as Ctrl-C does. */
async function saveUntil(doneBytes: number, url = urlOf()): Promise<void> {
  const ended = new AbortController()
  const onProgress = (progress: SaveProgress) => {
    if (progress.doneBytes >= doneBytes) ended.abort('enough')
  }
  await expect(saveUrl({ url, path, signal: ended.signal, onProgress })).rejects.toBe('enough')
}

/** Saves half of it, on which the next run goes on. */
async function saveHalf(): Promise<void> {
  origin.answers.set('/file.bin', stallAt(file, 300_000))
  await saveUntil(4 * chunkBytes)
  origin.answers.delete('/file.bin')
  origin.asked.length = 0
}

/** The first byte of every range that was asked of the file. */
const firstBytes = () =>
  origin.asked.flatMap((line) => {
    const [, first] = /^\/file\.bin bytes=(\d+)-/.exec(line) ?? []
    return first === undefined ? [] : [Number(first)]
  })

describe('a file saved to disk', () => {
  it('[H2] is the file, with its hash, the sources of its bytes, and nothing beside it', async () => {
    const saved = await saveUrl({ url: urlOf(), path })
    expect(saved).toMatchObject({ bytes: 600_000, sha256: sha256(file), uploaded: 0 })
    expect(saved.from).toEqual({ peers: 0, origin: 600_000, store: 0 })
    expect(sha256(readFileSync(path))).toBe(sha256(file))
    expect(readdirSync(folder)).toEqual(['file.bin'])
  })

  it('[H2] can be empty', async () => {
    origin.publish('/file.bin', new Uint8Array(0))
    const saved = await saveUrl({ url: urlOf(), path })
    expect(saved).toMatchObject({ bytes: 0, sha256: sha256(new Uint8Array(0)) })
    expect(readFileSync(path).length).toBe(0)
  })

  it('[H2] gets no name while the server sends wrong bytes', async () => {
    const wrong = file.slice()
    wrong[500_000]! ^= 1
    origin.answers.set('/file.bin', (request, response) => {
      const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')!
      const part = wrong.subarray(Number(first), Number(last) + 1)
      response.writeHead(206, { 'content-range': `bytes ${first}-${last}/${wrong.length}` }).end(part)
    })
    await expect(saveUrl({ url: urlOf(), path })).rejects.toMatchObject({ code: 'corrupt-origin' })
    expect(readdirSync(folder).sort()).toEqual(['file.bin.part', 'file.bin.part.have'])
  })

  it('[H3] goes on where it was ended, and asks for nothing that is here', async () => {
    await saveHalf()
    expect(readdirSync(folder).sort()).toEqual(['file.bin.part', 'file.bin.part.have'])
    const { sha256: found, from } = await saveUrl({ url: urlOf(), path })
    expect(found).toBe(sha256(file))
    expect(from.store).toBe(4 * chunkBytes)
    expect(from.origin + from.store).toBe(600_000)
    expect(Math.min(...firstBytes())).toBe(4 * chunkBytes)
    expect(readdirSync(folder)).toEqual(['file.bin'])
  })

  it('[H3] what became wrong on the disk is found and fetched anew, and only that', async () => {
    await saveHalf()
    const part = await open(`${path}.part`, 'r+')
    await part.write(Uint8Array.of(file[chunkBytes + 5]! ^ 1), 0, 1, chunkBytes + 5)
    await part.close()
    const { sha256: found, from } = await saveUrl({ url: urlOf(), path })
    expect(found).toBe(sha256(file))
    expect(sha256(readFileSync(path))).toBe(sha256(file))
    expect(from).toEqual({ peers: 0, origin: 600_000 - 3 * chunkBytes, store: 3 * chunkBytes })
  })

  it('[H3] a journal that was cut or overwritten costs bytes and never a wrong file', async () => {
    await saveHalf()
    const journal = readFileSync(`${path}.part.have`)
    for (const damage of [journal.subarray(0, -3), Buffer.alloc(0), Buffer.from('{}\n'), Buffer.alloc(500, 0xff)]) {
      writeFileSync(`${path}.part.have`, damage)
      await saveUrl({ url: urlOf(), path })
      expect(sha256(readFileSync(path))).toBe(sha256(file))
      rmSync(path)
      await saveHalf()
    }
  })

  it('[H4] a file that is another one by the next run is begun anew', async () => {
    await saveHalf()
    origin.publish('/file.bin', other)
    const { sha256: found, from } = await saveUrl({ url: urlOf(), path })
    expect(found).toBe(sha256(other))
    expect(from).toEqual({ peers: 0, origin: 600_000, store: 0 })
    expect(sha256(readFileSync(path))).toBe(sha256(other))
  })

  it('[H4] a file that changes while it is fetched is begun anew', async () => {
    origin.answers.set('/file.bin', (request, response) => {
      origin.publish('/file.bin', other)
      origin.answers.delete('/file.bin')
      stallAt(file, 100_000)(request, response)
      response.destroy()
    })
    const { sha256: found } = await saveUrl({ url: urlOf(), path })
    expect(found).toBe(sha256(other))
    expect(sha256(readFileSync(path))).toBe(sha256(other))
  })

  it('[H8] another program’s file of the same name is left alone', async () => {
    writeFileSync(`${path}.part`, 'precious')
    await expect(saveUrl({ url: urlOf(), path })).rejects.toMatchObject({ code: 'usage' })
    await expect(saveUrl({ url: urlOf('absent.bin'), path })).rejects.toMatchObject({ code: 'usage' })
    expect(readFileSync(`${path}.part`, 'utf8')).toBe('precious')
  })

  it('[H8] a folder that is not there is an error of storage', async () => {
    const lost = join(folder, 'absent', 'file.bin')
    await expect(saveUrl({ url: urlOf(), path: lost })).rejects.toMatchObject({ code: 'storage' })
  })

  it('[H6] a file that is not there leaves nothing behind', async () => {
    await expect(saveUrl({ url: urlOf('absent.bin'), path })).rejects.toMatchObject({ code: 'http-status' })
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('a file written to a stream', () => {
  it('[H9] comes in order, whole, with its hash', async () => {
    const sink = new PassThrough()
    const parts: Buffer[] = []
    sink.on('data', (part: Buffer) => parts.push(part))
    const saved = await streamUrl({ url: urlOf(), sink })
    expect(saved).toMatchObject({ bytes: 600_000, sha256: sha256(file), from: { origin: 600_000 } })
    expect(sha256(Buffer.concat(parts))).toBe(sha256(file))
  })

  it('[H9] ends when nobody reads it any more', async () => {
    const sink = new PassThrough({ highWaterMark: 1000 })
    sink.once('data', () => sink.destroy(new Error('gone')))
    await expect(streamUrl({ url: urlOf(), sink })).rejects.toMatchObject({ code: 'storage' })
  })

  it('[H9] waits for a reader, however slow', async () => {
    const sink = new PassThrough({ highWaterMark: 1000 })
    const hash = createHash('sha256')
    const reading = (async () => {
      for await (const part of sink) {
        hash.update(part)
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    await streamUrl({ url: urlOf(), sink })
    sink.end()
    await reading
    expect(hash.digest('hex')).toBe(sha256(file))
  })
})

describe('a client in Node', () => {
  it('[H3] with a folder keeps what it fetched for the next one', async () => {
    for (const expected of [
      { origin: 600_000, store: 0 },
      { origin: 0, store: 600_000 },
    ]) {
      const client = createNodeClient({ store: { dir: folder } })
      const download = client.download(urlOf())
      await download.done
      expect(download.progress().bytes).toMatchObject(expected)
      await client.close()
    }
  })

  it('[P17] gives whatever it is asked for, unless its owner says otherwise', async () => {
    const clients = [createNodeClient(), createNodeClient({ uploadRatioMax: 3 })]
    const none = Number.POSITIVE_INFINITY
    expect(clients.map(({ uploadLimits }) => uploadLimits)).toEqual([
      { uploadBytesPerSecondMax: none, uploadPeerBytesPerSecondMax: none, uploadRatioMax: none },
      { uploadBytesPerSecondMax: none, uploadPeerBytesPerSecondMax: none, uploadRatioMax: 3 },
    ])
    for (const client of clients) await client.close()
  })

  it('[H11] leaves a file: nothing of it is served or fetched, and what came of it is still counted', async () => {
    const client = createNodeClient()
    const download = client.download(urlOf())
    await download.done
    client.leave(download.progress().root!)
    expect(client.stats()).toMatchObject({ files: [], bytes: { origin: 600_000 } })
    await client.close()
  })
})
