/** Files on their way from a page to the visitor's disk, each until the page's frame has asked for it. */
import { type PageSave, savePath } from '../shell/page-save.ts'
import { PortReader } from '../shell/port-stream.ts'

/** A visitor saves fewer files within a second. Of more, the first are the page's to save in another way. */
const waitingCountMax = 16

export class Saves {
  readonly #waiting = new Map<string, { name: string; fileBytes: number; page: PortReader }>()

  add({ path, name, fileBytes }: Partial<PageSave>, port: MessagePort): void {
    if (!path?.startsWith(savePath('')) || typeof name !== 'string' || !Number.isSafeInteger(fileBytes)) return
    this.#waiting.set(path, { name, fileBytes: fileBytes!, page: new PortReader(port) })
    for (const [old, { page }] of this.#waiting) {
      if (this.#waiting.size <= waitingCountMax) break
      page.cancel()
      this.#waiting.delete(old)
    }
  }

  /** What the browser saves, once; undefined at any other address. Never anything that could be shown or run. */
  take(path: string): Response | undefined {
    const found = this.#waiting.get(path)
    if (!found) return undefined
    this.#waiting.delete(path)
    // RFC 8187 leaves out more than encodeURIComponent does.
    const name = encodeURIComponent(found.name).replace(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`)
    return new Response(found.page.stream(), {
      headers: {
        'content-type': 'application/octet-stream',
        'content-disposition': `attachment; filename*=UTF-8''${name}`,
        'content-length': String(found.fileBytes),
        'x-content-type-options': 'nosniff',
      },
    })
  }
}
