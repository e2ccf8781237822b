/**
 * A folder whose files somebody publishes under a URL: served from where they lie, each only while its bytes are those
 * that its manifest speaks of. Nothing in it is ever changed.
 */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Root } from '../../shared/ids.ts'
import { type Manifest, manifestSuffix, pagesSuffix } from '../../shared/manifest.ts'
import { NearcastError } from '../api.ts'
import { FileStore } from './file-store.ts'
import { rootOfFile } from './local-root.ts'
import type { SeedPlace } from './seeder.ts'
import { WholeFile } from './whole-file.ts'

/** What a file was when it was hashed; another time or size means that it must be hashed again. */
const stampOf = async (path: string): Promise<string> => {
  const { mtimeMs, ctimeMs, size, ino } = await stat(path)
  return [mtimeMs, ctimeMs, size, ino].join()
}

export class PublishedFolder implements SeedPlace {
  readonly #signal: AbortSignal
  readonly #pathOf: ReadonlyMap<string, string>
  readonly #stampOf = new Map<string, string>()
  readonly #served = new Map<Root, string>()
  readonly store = new FileStore(async (root, geometry) => {
    const path = this.#served.get(root)
    if (path === undefined) throw new Error(`no file of this folder has the root ${root}`)
    return WholeFile.open(path, geometry)
  })

  private constructor(pathOf: ReadonlyMap<string, string>, signal: AbortSignal) {
    this.#pathOf = pathOf
    this.#signal = signal
  }

  /** @param baseUrl where the folder is published: `a/b.zip` in it is `a/b.zip` below that */
  static async open(folder: string, baseUrl: string, signal: AbortSignal): Promise<PublishedFolder> {
    const base = new URL(baseUrl)
    if (!base.pathname.endsWith('/')) base.pathname += '/'
    const pathOf = new Map<string, string>()
    for (const parts of await filesIn(folder, [])) {
      const url = new URL(base)
      url.pathname += parts.map(encodeURIComponent).join('/')
      pathOf.set(url.href, join(folder, ...parts))
    }
    return new PublishedFolder(pathOf, signal)
  }

  get urls(): string[] {
    return [...this.#pathOf.keys()]
  }

  async take(url: string, { root, geometry }: Manifest): Promise<void> {
    const path = this.#pathOf.get(url)!
    const stamp = await stampOf(path)
    const found = await rootOfFile(path, geometry.fileBytes, this.#signal)
    if (found !== root || (await stampOf(path)) !== stamp) {
      throw new NearcastError('file-changed', `${path} is not the file that ${url} is: it is not served`)
    }
    this.#stampOf.set(url, stamp)
    this.#served.set(root, path)
    await this.store.open(root, geometry)
  }

  async isChanged(url: string): Promise<boolean> {
    const stamp = await stampOf(this.#pathOf.get(url)!).catch(() => 'gone')
    return stamp !== this.#stampOf.get(url)
  }

  drop(root: Root): void {
    this.#served.delete(root)
    void this.store.forget(root)
  }
}

/** Files as an origin publishes them: no hidden ones, no manifests, nothing that a link leads out to. */
async function filesIn(folder: string, parts: readonly string[]): Promise<string[][]> {
  const entries = await readdir(join(folder, ...parts), { withFileTypes: true })
  const found = await Promise.all(
    entries.map(async (entry) => {
      const { name } = entry
      if (name.startsWith('.') || name.endsWith(manifestSuffix) || name.endsWith(pagesSuffix)) return []
      if (entry.isDirectory()) return filesIn(folder, [...parts, name])
      return entry.isFile() ? [[...parts, name]] : []
    }),
  )
  return found.flat()
}
