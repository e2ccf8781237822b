/**
 * A folder that keeps the chunks of many files, each in one file named for its root, at most so many bytes in all.
 * A file's room is taken for the whole of it when it is opened; what is open no more makes room, the oldest first.
 */
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Geometry } from '../../shared/geometry.ts'
import { isRoot, type Root } from '../../shared/ids.ts'
import type { Manifest } from '../../shared/manifest.ts'
import { NearcastError } from '../api.ts'
import { filesToDrop, type IdleFile } from '../core/eviction.ts'
import { FileStore } from './file-store.ts'
import { journalSuffix, PartFile } from './part-file.ts'
import { lockPath } from './path-lock.ts'
import type { SeedPlace } from './seeder.ts'

/** What the folder's lock is called, with the ending of locks. */
const lockName = 'nearcast'

interface Entry extends IdleFile {
  root: Root
  path: string
}

export class StoreFolder implements SeedPlace {
  readonly #folder: string
  readonly #bytesMax: number
  readonly #open = new Map<Root, number>()
  #unlock: (() => Promise<void>) | undefined
  #turn: Promise<unknown> = Promise.resolve()
  readonly store: FileStore

  constructor({ dir, bytesMax = Number.POSITIVE_INFINITY }: { dir: string; bytesMax?: number }) {
    this.#folder = dir
    this.#bytesMax = bytesMax
    this.store = new FileStore(
      async (root, geometry) => {
        await this.#reserve(root, geometry)
        try {
          const file = await PartFile.open(join(this.#folder, root), root, geometry)
          await file.requireRoom()
          return file
        } catch (error) {
          this.#open.delete(root)
          throw error
        }
      },
      async () => this.#unlock?.(),
    )
  }

  /** The room for a file that is to be kept available. */
  take(_: string, { root, geometry }: Manifest): Promise<void> {
    return this.store.open(root, geometry)
  }

  #reserve(root: Root, { fileBytes }: Geometry): Promise<void> {
    // One at a time: two that look at once would both take the last room.
    const turn = this.#turn.then(() => this.#makeRoom(root, fileBytes))
    this.#turn = turn.catch(() => {})
    return turn
  }

  /** The file is not served any more: its chunks stay until the room is needed. */
  drop(root: Root): void {
    this.#open.delete(root)
    void this.store.forget(root)
  }

  /** @throws NearcastError `storage` when the files that are open leave too little */
  async #makeRoom(root: Root, fileBytes: number): Promise<void> {
    if (this.#open.has(root)) return
    const openBytes = [...this.#open.values()].reduce((sum, bytes) => sum + bytes, 0)
    if (openBytes + fileBytes > this.#bytesMax) {
      const text = `${this.#folder} may hold ${this.#bytesMax} bytes: ${openBytes} are in use, ${fileBytes} more are needed`
      throw new NearcastError('storage', text)
    }
    await mkdir(this.#folder, { recursive: true })
    this.#unlock ??= await lockPath(join(this.#folder, lockName))
    const idle = (await this.#entries()).filter((entry) => entry.root !== root && !this.#open.has(entry.root))
    const bytes = idle.reduce((sum, entry) => sum + entry.bytes, openBytes + fileBytes)
    for (const { path } of filesToDrop(idle, bytes - this.#bytesMax)) {
      await Promise.all([rm(path, { force: true }), rm(path + journalSuffix, { force: true })])
    }
    this.#open.set(root, fileBytes)
  }

  /** Our files in the folder; what else somebody put there is left alone. */
  async #entries(): Promise<Entry[]> {
    const names = (await readdir(this.#folder)).filter(isRoot)
    const found = await Promise.all(
      names.map(async (root) => {
        const path = join(this.#folder, root)
        const stats = await stat(path).catch(() => undefined)
        return stats?.isFile() ? [{ root, path, bytes: stats.size, usedAtMs: stats.mtimeMs }] : []
      }),
    )
    return found.flat()
  }
}
