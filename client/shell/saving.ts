/** Getting a file onto the visitor's disk, by the best way that the browser has: so that no memory holds all of a large one. */
import { MiB } from '../../shared/limits.ts'
import { NearcastError } from '../api.ts'
import { openWorkerSink } from './worker-sink.ts'

/** File System Access, where it exists (https://wicg.github.io/file-system-access/). */
interface PickerWindow {
  showSaveFilePicker?: (options: {
    suggestedName: string
  }) => Promise<{ createWritable(): Promise<WritableStream<Uint8Array>> }>
}

/** Below this a Blob costs nothing that matters, and needs no second question to the visitor. */
export const blobBytesMax = 128 * MiB

/** The browser has read a saved Blob long before this. */
const revokeAfterMs = 60_000

/**
 * Where a large file's bytes can be written as they come; undefined where the browser has no such place, or does not give
 * it. Rejects with `cancelled` when the visitor does not want the file after all.
 */
export async function openSink(name: string, fileBytes: number): Promise<WritableStream<Uint8Array> | undefined> {
  const { showSaveFilePicker } = window as PickerWindow
  try {
    const handle = await showSaveFilePicker?.({ suggestedName: name })
    if (handle) return await handle.createWritable()
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') {
      throw new NearcastError('cancelled', `nearcast: no place was chosen for ${name}`, { cause: error })
    }
    // Without a click a moment ago, or in a frame of another site, there is no picker to be had.
  }
  return openWorkerSink(name, fileBytes)
}

export function saveBlob(name: string, blob: Blob): void {
  const href = URL.createObjectURL(blob)
  Object.assign(document.createElement('a'), { href, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(href), revokeAfterMs)
}
