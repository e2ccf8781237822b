/** Manifests and hash pages as plain files beside the content, or in a folder of the same shape. */
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Bytes, equalBytes } from '../../shared/bytes.ts'
import { manifestTextMax } from '../../shared/limits.ts'
import { manifestSuffix, pagesSuffix } from '../../shared/manifest.ts'
import { readFully } from './file-hash.ts'
import { replaceFile, unfinishedMark } from './whole-write.ts'

export class ManifestFolder {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  #file(segments: readonly string[], suffix: string): string {
    return `${join(this.#folder, ...segments)}${suffix}`
  }

  /** What lies beside the file at these names; undefined when nothing does, or nothing that could be a manifest. */
  async manifestText(segments: readonly string[]): Promise<string | undefined> {
    const file = this.#file(segments, manifestSuffix)
    const found = await stat(file).catch(() => undefined)
    if (!found?.isFile() || found.size > manifestTextMax) return undefined
    return readFile(file, 'utf8')
  }

  /** The chunk layer beside it, if it has this length. */
  async pages(segments: readonly string[], bytes: number): Promise<Bytes | undefined> {
    const handle = await open(this.#file(segments, pagesSuffix)).catch(() => undefined)
    if (handle === undefined) return undefined
    try {
      const { size } = await handle.stat()
      return size === bytes ? await readFully(handle, new Uint8Array(bytes), 0) : undefined
    } finally {
      await handle.close()
    }
  }

  /** Puts both there, if they are not there yet. @returns whether anything was written */
  async put(segments: readonly string[], text: string, pages: Bytes | undefined): Promise<boolean> {
    // Pages first: who reads the new manifest finds them.
    const isNewLayer = pages !== undefined && !(await this.#hasPages(segments, pages))
    if (isNewLayer) await this.#replace(segments, pagesSuffix, pages)
    const isNewText = (await this.manifestText(segments)) !== text
    if (isNewText) await this.#replace(segments, manifestSuffix, text)
    if (pages === undefined) await rm(this.#file(segments, pagesSuffix), { force: true })
    return isNewLayer || isNewText
  }

  async #hasPages(segments: readonly string[], pages: Bytes): Promise<boolean> {
    const present = await this.pages(segments, pages.length)
    return present !== undefined && equalBytes(present, pages)
  }

  async #replace(segments: readonly string[], suffix: string, content: Bytes | string): Promise<void> {
    const file = this.#file(segments, suffix)
    await mkdir(dirname(file), { recursive: true })
    // A hidden name: it is not published while it is written.
    const unfinished = join(dirname(file), `.${segments.at(-1)}-${unfinishedMark()}.nearcast.tmp`)
    await replaceFile(file, unfinished, content)
  }

  async remove(segments: readonly string[]): Promise<void> {
    await rm(this.#file(segments, manifestSuffix), { force: true })
    await rm(this.#file(segments, pagesSuffix), { force: true })
  }
}
