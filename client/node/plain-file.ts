/**
 * A file without a manifest, saved over plain HTTP: in order, with a resume that the server vouches for. Nothing of two
 * versions is ever put together: what is here is gone on with only under If-Range and the validator it came with
 * (RFC 9110 §13.1.5), and a version without one is begun anew.
 */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { NearcastError } from '../api.ts'
import { openError } from '../shell/open-error.ts'
import { bodyParts } from './body-parts.ts'
import { pause } from './manifest-desk.ts'
import { journalSuffix, refuseForeign } from './part-file.ts'
import { readJournalHead } from './part-journal.ts'

/** Tries in a row that brought no byte, after the first byte: a line that comes back within half a minute is waited for. */
const failuresMax = 6
const backoffMinMs = 500
const backoffMaxMs = 15_000

/** Answers that mean "not now"; others below 500 mean "not so". */
const retriedStatuses = [408, 425, 429]

export interface PlainProgress {
  doneBytes: number
  totalBytes: number | undefined
  /** Bytes that were here before. */
  storedBytes: number
}

export interface PlainSaved extends PlainProgress {
  sha256: string
}

interface Part {
  path: string
  handle: FileHandle
  doneBytes: number
  storedBytes: number
  hash: Hash
  validator: string | undefined
}

/** Saves to `finalPath` by way of `partPath`. @throws NearcastError */
export async function savePlain(
  url: string,
  paths: { partPath: string; finalPath: string },
  signal: AbortSignal,
  onProgress: (progress: PlainProgress) => void,
): Promise<PlainSaved> {
  await refuseForeign(paths.partPath)
  const part = await reopen(url, paths.partPath)
  try {
    let totalBytes: number | undefined
    for (let failures = 0; ; failures++) {
      const before = part.doneBytes
      try {
        totalBytes = await fetchRest(url, part, signal, (total) => {
          onProgress({ doneBytes: part.doneBytes, totalBytes: total, storedBytes: part.storedBytes })
        })
        break
      } catch (error) {
        signal.throwIfAborted()
        if (part.doneBytes > before) failures = 0
        // Nothing has come at all: the address is wrong more often than the line is bad.
        const isHopeless = part.doneBytes === 0 || failures >= failuresMax
        if (error instanceof NearcastError || isHopeless) throw openError(url, error)
        await pause(Math.min(backoffMaxMs, backoffMinMs * 2 ** failures), signal)
      }
    }
    await part.handle.sync()
    await rename(paths.partPath, paths.finalPath)
    await rm(paths.partPath + journalSuffix, { force: true })
    const { doneBytes, storedBytes } = part
    return { doneBytes, totalBytes, storedBytes, sha256: part.hash.digest('hex') }
  } finally {
    await part.handle.close()
    // Nothing to go on with: nothing is left behind.
    if (part.doneBytes === 0) await removePart(paths.partPath)
  }
}

async function removePart(path: string): Promise<void> {
  const { size } = await stat(path).catch(() => ({ size: -1 }))
  if (size === 0) await Promise.all([rm(path, { force: true }), rm(path + journalSuffix, { force: true })])
}

const headOf = (url: string, validator: string | undefined) => JSON.stringify({ nearcast: 1, plain: url, validator })

/** What an earlier run left, if it can be gone on with. */
async function reopen(url: string, path: string): Promise<Part> {
  const head = await readJournalHead(path + journalSuffix)
  const validator = validatorIn(url, head)
  const handle = validator === undefined ? undefined : await open(path, 'r+').catch(() => undefined)
  if (handle === undefined) {
    await writeHead(path, headOf(url, undefined))
    return {
      path,
      handle: await open(path, 'w+'),
      doneBytes: 0,
      storedBytes: 0,
      hash: createHash('sha256'),
      validator: undefined,
    }
  }
  const hash = createHash('sha256')
  let doneBytes = 0
  for await (const bytes of createReadStream(path)) {
    hash.update(bytes)
    doneBytes += bytes.length
  }
  return { path, handle, doneBytes, storedBytes: doneBytes, hash, validator }
}

function validatorIn(url: string, head: string | undefined): string | undefined {
  try {
    const { plain, validator } = JSON.parse(head ?? '{}')
    return plain === url && typeof validator === 'string' ? validator : undefined
  } catch {
    return undefined // not ours: begun anew
  }
}

async function writeHead(path: string, head: string): Promise<void> {
  const handle = await open(path + journalSuffix, 'w')
  await handle.write(`${head}\n`).finally(() => handle.close())
}

/** Fetches from where the part ends. @returns the file's size, where the server says it */
async function fetchRest(
  url: string,
  part: Part,
  signal: AbortSignal,
  onBytes: (totalBytes: number | undefined) => void,
): Promise<number | undefined> {
  const headers = new Headers({ 'accept-encoding': 'identity' })
  if (part.doneBytes > 0 && part.validator !== undefined) {
    headers.set('range', `bytes=${part.doneBytes}-`)
    headers.set('if-range', part.validator)
  }
  const response = await fetch(url, { headers, signal })
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '')
  if (response.status === 416 && part.doneBytes > 0) {
    await response.body?.cancel()
    const total = /^bytes \*\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1]
    // The last run took all of it and was ended before it could say so.
    if (total !== undefined && Number(total) === part.doneBytes) return part.doneBytes
    await restart(url, part, undefined)
    return fetchRest(url, part, signal, onBytes)
  }
  if (!response.ok) {
    await response.body?.cancel()
    const text = `${url}: the server answered ${response.status}`
    const isForNow = response.status >= 500 || retriedStatuses.includes(response.status)
    throw part.doneBytes > 0 && isForNow ? new Error(text) : new NearcastError('http-status', text)
  }
  const isRest = response.status === 206 && Number(range?.[1]) === part.doneBytes
  if (!isRest) await restart(url, part, validatorOf(response))
  if (!isRest && response.status === 206) throw new Error(`${url}: another range than the one asked for`)
  const totalBytes = totalOf(response, range?.[2])
  onBytes(totalBytes)
  for await (const bytes of bodyParts(response.body, signal)) {
    await write(part, bytes)
    onBytes(totalBytes)
  }
  if (totalBytes !== undefined && part.doneBytes !== totalBytes) {
    throw new Error(`the body ended after ${part.doneBytes} of ${totalBytes} bytes`)
  }
  return totalBytes
}

function totalOf(response: Response, rangeTotal: string | undefined): number | undefined {
  if (rangeTotal !== undefined) return Number(rangeTotal)
  const length = response.headers.get('content-length')
  return length === null || response.headers.has('content-encoding') ? undefined : Number(length)
}

/** What names a version for certain: a strong ETag. A date does too, but only to the second, and servers differ. */
function validatorOf(response: Response): string | undefined {
  const etag = response.headers.get('etag')
  return etag?.startsWith('"') && !response.headers.has('content-encoding') ? etag : undefined
}

async function restart(url: string, part: Part, validator: string | undefined): Promise<void> {
  // In this order: a kill between the two leaves no bytes under another version's name.
  await part.handle.truncate(0)
  await writeHead(part.path, headOf(url, validator))
  part.doneBytes = 0
  part.storedBytes = 0
  part.hash = createHash('sha256')
  part.validator = validator
}

async function write(part: Part, bytes: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await part.handle.write(bytes, at, bytes.length - at, part.doneBytes + at)
      at += bytesWritten
    }
  } catch (cause) {
    const text = `${part.path} cannot be written: ${cause instanceof Error ? cause.message : cause}`
    throw new NearcastError('storage', text, { cause })
  }
  part.doneBytes += bytes.length
  part.hash.update(bytes)
}
