/** What lies in a folder that is published on some static host: its files, and the manifests beside them. */
import type { Dirent } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { manifestSuffix, pagesSuffix } from '../../shared/manifest.ts'
import { parseRequestPath, printRequestPath } from '../core/request-path.ts'

export interface SiteFolder {
  /** Names from the top folder down, in order of path. */
  files: string[][]
  /** The files whose manifests lie here, by the files' own names; the files themselves need not be there. */
  manifests: string[][]
  /** Folders that cannot be read. */
  failed: { path: string; reason: string }[]
}

/** How the paths of files are written for people and in signatures: decoded. */
export const pathOf = (segments: readonly string[]): string => `/${segments.join('/')}`

/** Looks through all of it. Hidden names are left out, and folders behind links, which may go round. */
export async function readSiteFolder(folder: string): Promise<SiteFolder> {
  const site: SiteFolder = { files: [], manifests: [], failed: [] }
  const waiting: string[][] = [[]]
  for (let segments = waiting.pop(); segments; segments = waiting.pop()) {
    try {
      for await (const entry of await opendir(join(folder, ...segments))) note(site, waiting, segments, entry)
    } catch (error) {
      site.failed.push({ path: pathOf(segments), reason: (error as Error).message })
    }
  }
  site.files.sort(byPath)
  site.manifests.sort(byPath)
  return site
}

function note(site: SiteFolder, waiting: string[][], folder: readonly string[], entry: Dirent): void {
  const { name } = entry
  const segments = [...folder, name]
  // What cannot be asked for is not published.
  if (parseRequestPath(printRequestPath([name])).kind !== 'path') return
  if (entry.isDirectory()) waiting.push(segments)
  else if (!entry.isFile() && !entry.isSymbolicLink()) return
  else if (name.endsWith(pagesSuffix)) return
  else if (name.endsWith(manifestSuffix)) site.manifests.push([...folder, name.slice(0, -manifestSuffix.length)])
  else site.files.push(segments)
}

function byPath(a: readonly string[], b: readonly string[]): number {
  const [one, other] = [pathOf(a), pathOf(b)]
  return one < other ? -1 : one > other ? 1 : 0
}
