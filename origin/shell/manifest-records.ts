/**
 * Computed manifests on disk, one record for each file, so that a restart hashes nothing again. A record that is
 * damaged, or of another version, is no record. Knows which version a record is of, not whether that is the newest.
 */
import { type FileHandle, mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Bytes, equalBytes, hashBytes, toHex } from '../../shared/bytes.ts'
import { Geometry } from '../../shared/geometry.ts'
import { KiB, manifestTextMax, pageChunks } from '../../shared/limits.ts'
import type { Log } from '../../shared/log.ts'
import { createManifest, type Manifest, parseManifest, printManifest } from '../../shared/manifest.ts'
import { partHash } from '../../shared/merkle.ts'
import { versionKey } from '../core/file-version.ts'
import type { HashedFile } from '../ports.ts'
import { readFully, sha256 } from './file-hash.ts'
import { replaceFile, unfinishedMark } from './whole-write.ts'

/** One file can be published under several names, so records carry none; whoever publishes sets name and type. */
const namelessFile = { name: 'file', type: 'application/octet-stream' }

const recordSuffix = '.record'
const layerSuffix = '.pages'
const unfinishedSuffix = '.tmp'

/** The first line of a record: the form of the rest, the version, the path. */
const recordForm = 'nearcast-record-1'

/** The first line: a path of 4,096 bytes, at most six times as long in JSON, and a version. */
const recordStartBytes = 32 * KiB

/** A manifest is on the second line. */
const recordBytesMax = recordStartBytes + manifestTextMax

/** Unfinished files of other processes that share the folder are left alone for so long. */
const unfinishedKeptMs = 3_600_000

export class ManifestRecords {
  readonly #folder: string
  readonly #log: Log

  private constructor(folder: string, log: Log) {
    this.#folder = folder
    this.#log = log
  }

  /** Rejects with one line when the folder cannot be made or written to. */
  static async open(folder: string, log: Log): Promise<ManifestRecords> {
    const probe = join(folder, `probe-${process.pid}${unfinishedSuffix}`)
    try {
      await mkdir(folder, { recursive: true })
      await writeFile(probe, '')
      await rm(probe)
    } catch (error) {
      throw new Error(`the folder for manifests cannot be written to: ${reasonOf(error)}`, { cause: error })
    }
    return new ManifestRecords(folder, log)
  }

  #file(path: string, suffix: string): string {
    return join(this.#folder, `${toHex(sha256(Buffer.from(path))).slice(0, 40)}${suffix}`)
  }

  /** The manifest of this version of the file, if its record is here and whole. */
  async read(path: string, key: string): Promise<Manifest | undefined> {
    const file = this.#file(path, recordSuffix)
    try {
      if ((await stat(file)).size > recordBytesMax) throw new Error('it is too large')
      const [first, json] = (await readFile(file, 'utf8')).split('\n', 2)
      if (first !== firstLine(path, key)) return undefined
      const manifest = parseManifest(json ?? '', sha256)
      if (!manifest.ok) throw new Error(manifest.violation)
      if (manifest.value.hashes.kind === 'pages') await this.#checkLayer(path, manifest.value)
      return manifest.value
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
      if (!missing) this.#log.warn({ path, reason: reasonOf(error) }, 'a manifest record is damaged; hashing again')
      return undefined
    }
  }

  async #checkLayer(path: string, manifest: Manifest): Promise<void> {
    const { geometry, hashes } = manifest
    const layer = await this.openLayer(path, manifest)
    if (layer === undefined) throw new Error('its hash pages are missing or cut short')
    try {
      const page = Buffer.alloc(pageChunks * hashBytes)
      for (let at = 0, from = 0; at < hashes.layer.length; at += hashBytes, from += page.length) {
        const bytes = page.subarray(0, Math.min(page.length, geometry.chunkCount * hashBytes - from))
        const read = await readFully(layer, bytes, from)
        const whole =
          read !== undefined &&
          equalBytes(partHash(read, pageChunks, geometry, sha256), hashes.layer.subarray(at, at + hashBytes))
        if (!whole) throw new Error('its hash pages do not lead to its root')
      }
    } finally {
      await layer.close()
    }
  }

  /**
   * Keeps what was hashed and gives its manifest. When the disk refuses, a manifest with all its hashes is given all
   * the same, as it lacks nothing; one with pages would lack the pages, so then this rejects.
   */
  async write(path: string, hashed: HashedFile): Promise<Manifest> {
    const geometry = new Geometry(hashed.version.bytes)
    const manifest = createManifest({ ...namelessFile, geometry, ...hashed }, sha256)
    const record = `${firstLine(path, versionKey(hashed.version))}\n${printManifest(manifest)}\n`
    try {
      if (manifest.hashes.kind === 'pages') await this.#replace(this.#layerFile(path, manifest), hashed.chunks)
      await this.#replace(this.#file(path, recordSuffix), record)
    } catch (error) {
      this.#log.error({ path, reason: reasonOf(error) }, 'a manifest cannot be kept on disk')
      if (manifest.hashes.kind === 'pages') throw error
    }
    return manifest
  }

  #replace(file: string, content: Bytes | string): Promise<void> {
    return replaceFile(file, `${file}.${unfinishedMark()}${unfinishedSuffix}`, content)
  }

  // Named for the root as well, so that the pages of two versions never stand under one name.
  #layerFile(path: string, manifest: Manifest): string {
    return this.#file(path, `-${manifest.root.slice(0, 32)}${layerSuffix}`)
  }

  /** The chunk layer of a file with hash pages, open for reading; undefined when it is missing or of a wrong length. */
  async openLayer(path: string, manifest: Manifest): Promise<FileHandle | undefined> {
    let handle: FileHandle
    try {
      handle = await open(this.#layerFile(path, manifest))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
    if ((await handle.stat()).size === manifest.geometry.chunkCount * hashBytes) return handle
    await handle.close()
    return undefined
  }

  /** Deletes records of files that are gone, hash pages that no record needs, and what a crash left unfinished. */
  async prune(nowMs: number): Promise<void> {
    const names = await readdir(this.#folder)
    const layersKept = new Set<string>()
    for (const name of names.filter((each) => each.endsWith(recordSuffix))) {
      const file = join(this.#folder, name)
      const [first, json] = (await readStart(file).catch(() => '')).split('\n', 2)
      const path = pathOf(first ?? '')
      if (path !== undefined && (await exists(path))) {
        const root = /"root":"([0-9a-f]{32})/.exec(json ?? '')?.[1]
        layersKept.add(`${name.slice(0, -recordSuffix.length)}-${root}${layerSuffix}`)
      } else await rm(file, { force: true })
    }
    for (const name of names) {
      const file = join(this.#folder, name)
      const old = nowMs - unfinishedKeptMs > ((await stat(file).catch(() => undefined))?.mtimeMs ?? nowMs)
      const unused = name.endsWith(layerSuffix) && !layersKept.has(name)
      if (old && (unused || name.endsWith(unfinishedSuffix))) await rm(file, { force: true })
    }
  }
}

/** As much of a record as holds its path and its root. */
async function readStart(file: string): Promise<string> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(recordStartBytes), 0, recordStartBytes, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}

const firstLine = (path: string, key: string) => `${recordForm} ${key} ${JSON.stringify(path)}`

function pathOf(line: string): string | undefined {
  const [form, , ...path] = line.split(' ')
  if (form !== recordForm) return undefined
  try {
    const value: unknown = JSON.parse(path.join(' '))
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

/** Only a path that surely leads nowhere is gone; one that cannot be looked at may come back. */
async function exists(path: string): Promise<boolean> {
  const error = await stat(path).then(
    () => undefined,
    (reason: NodeJS.ErrnoException) => reason,
  )
  return error?.code !== 'ENOENT' && error?.code !== 'ENOTDIR'
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
