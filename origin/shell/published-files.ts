/**
 * What is published: a folder, and single files from elsewhere. Owns the way from names to an open file and sees that
 * it never leads out of the folder or to a hidden name. Assumes that nobody hostile can write into the folder.
 */
import { constants } from 'node:fs'
import { access, type FileHandle, open, opendir, realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { manifestSuffix, pagesSuffix } from '../../shared/manifest.ts'
import type { FileVersion } from '../core/file-version.ts'
import { parseRequestPath, printRequestPath } from '../core/request-path.ts'
import { mediaTypeOf } from './media-type.ts'
import { versionOf } from './stat-version.ts'

/** Names looked at in one folder, and folders and files in all, when a listing is made: a listing is for people. */
const namesPerFolderMax = 10_000
const namesMax = 100_000

export interface OpenFile {
  kind: 'file'
  handle: FileHandle
  /** Where it really is, with no symbolic link in the path. */
  path: string
  version: FileVersion
  /** As published, not as on disk. */
  name: string
  type: string
}

/** `none`: nothing is there, or nothing that may be seen. Whoever gets a file closes its handle. */
export type Opened =
  | OpenFile
  | { kind: 'folder' }
  | { kind: 'none' }
  | { kind: 'failed'; reason: NodeJS.ErrnoException }

export interface ListedFile {
  /** As in a URL, encoded. */
  path: string
  name: string
  size: number
  type: string
}

/** Answers of the file system that mean that nothing is there (a socket and a loop of links included). */
const absentCodes = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'ENXIO', 'EINVAL'])

/** Errors that are worth another try soon: the process or the machine has too many files open. */
export const isPassing = (reason: NodeJS.ErrnoException) => reason.code === 'EMFILE' || reason.code === 'ENFILE'

export class PublishedFiles {
  /** Where the folder really is. */
  readonly #folder: string | undefined
  /** From the one spelling of a URL path to a path on disk. */
  readonly #files: ReadonlyMap<string, string>

  private constructor(folder: string | undefined, files: ReadonlyMap<string, string>) {
    this.#folder = folder
    this.#files = files
  }

  /** Rejects with one clear line when the folder or a file is not there or cannot be read. */
  static async open(folder: string | undefined, files: ReadonlyMap<string, string>): Promise<PublishedFiles> {
    const published = new Map<string, string>()
    for (const [url, path] of files) {
      const parsed = parseRequestPath(url)
      if (parsed.kind !== 'path' || parsed.folder || parsed.query !== '') {
        throw new Error(`cannot publish ${path} at ${url}: that is no path of a file`)
      }
      if (!isAbsolute(path)) throw new Error(`cannot publish ${path} at ${url}: its path must be absolute`)
      await checkReadable('file', path)
      published.set(printRequestPath(parsed.segments), path)
    }
    if (folder !== undefined) await checkReadable('folder', folder)
    return new PublishedFiles(folder === undefined ? undefined : await realpath(folder), published)
  }

  async open(segments: readonly string[]): Promise<Opened> {
    try {
      const path = await this.#pathOf(segments)
      return path === undefined ? { kind: 'none' } : await openAt(path, segments.at(-1) ?? '')
    } catch (error) {
      const reason = error as NodeJS.ErrnoException
      return absentCodes.has(reason.code ?? '') ? { kind: 'none' } : { kind: 'failed', reason }
    }
  }

  /** The real path, if it may be seen. */
  async #pathOf(segments: readonly string[]): Promise<string | undefined> {
    const single = this.#files.get(printRequestPath(segments))
    if (single !== undefined) return realpath(single)
    if (this.#folder === undefined) return undefined
    const path = await realpath(join(this.#folder, ...segments))
    if (path === this.#folder) return path
    // A link may lead elsewhere within the folder, but not out of it, and not to what is hidden there.
    const inside = relative(this.#folder, path)
    return isAbsolute(inside) || inside.split(sep).some((name) => name.startsWith('.')) ? undefined : path
  }

  /** The published files, single ones first, then the folder's in order of name; at most `countMax`. */
  async list(countMax: number): Promise<ListedFile[]> {
    const listed: ListedFile[] = []
    const add = async (segments: readonly string[]): Promise<void> => {
      const found = await this.#pathOf(segments).then(
        (path) => (path === undefined ? undefined : stat(path)),
        () => undefined,
      )
      const name = segments.at(-1)!
      if (found?.isFile() !== true) return
      listed.push({ path: printRequestPath(segments), name, size: found.size, type: mediaTypeOf(name) })
    }
    for (const url of this.#files.keys()) {
      if (listed.length < countMax) await add(parsedNames(url))
    }
    let seen = 0
    const folders: string[][] = this.#folder === undefined ? [] : [[]]
    for (let at = 0; at < folders.length && listed.length < countMax && seen < namesMax; at++) {
      const segments = folders[at]!
      const entries = await readNames(join(this.#folder!, ...segments))
      seen += entries.length
      for (const { name, isFolder } of entries) {
        if (isFolder) folders.push([...segments, name])
        else if (listed.length < countMax && !this.#files.has(printRequestPath([...segments, name]))) {
          await add([...segments, name])
        }
      }
    }
    return listed
  }
}

function parsedNames(url: string): string[] {
  const parsed = parseRequestPath(url)
  return parsed.kind === 'path' ? parsed.segments : []
}

/** Visible names in order. Links to folders are not walked into: they may go round. */
async function readNames(folder: string): Promise<{ name: string; isFolder: boolean }[]> {
  const entries: { name: string; isFolder: boolean }[] = []
  try {
    for await (const entry of await opendir(folder)) {
      const isFolder = entry.isDirectory()
      const visible = parseRequestPath(printRequestPath([entry.name])).kind === 'path'
      const listed = isFolder || entry.isFile() || entry.isSymbolicLink()
      const beside = !isFolder && (entry.name.endsWith(manifestSuffix) || entry.name.endsWith(pagesSuffix))
      if (visible && listed && !beside) entries.push({ name: entry.name, isFolder })
      if (entries.length >= namesPerFolderMax) break
    }
  } catch {
    // A folder that went away or cannot be read publishes nothing.
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function openAt(path: string, name: string): Promise<Opened> {
  // O_NONBLOCK: a named pipe must not hold a thread until somebody writes. O_NOFOLLOW: the path has no links left.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  try {
    const found = await handle.stat({ bigint: true })
    if (found.isFile()) {
      return { kind: 'file', handle, path, version: versionOf(found), name, type: mediaTypeOf(name) }
    }
    await handle.close()
    return { kind: found.isDirectory() ? 'folder' : 'none' }
  } catch (error) {
    await handle.close().catch(() => undefined)
    throw error
  }
}

async function checkReadable(kind: 'folder' | 'file', path: string): Promise<void> {
  const mode = kind === 'folder' ? constants.R_OK | constants.X_OK : constants.R_OK
  const problem = await stat(path).then(
    async (found) => {
      const right = kind === 'folder' ? found.isDirectory() : found.isFile()
      if (!right) return kind === 'folder' ? 'it is not a folder' : 'it is not a file'
      return access(path, mode).then(
        () => undefined,
        () => 'it cannot be read by this user',
      )
    },
    (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? 'it does not exist' : error.message),
  )
  if (problem !== undefined) throw new Error(`cannot serve the ${kind} ${path}: ${problem}`)
}
