/** Getting a finished file onto the visitor's disk, by the best way that the browser has. */

/** File System Access, where it exists (https://wicg.github.io/file-system-access/). */
interface PickerWindow {
  showSaveFilePicker?: (options: {
    suggestedName: string
  }) => Promise<{ createWritable(): Promise<WritableStream<Uint8Array>> }>
}

/** Below this a Blob costs nothing that matters, and needs no second question to the visitor. */
const blobBytesMax = 512 * 1024 * 1024

/** The browser has read a saved Blob long before this. */
const revokeAfterMs = 60_000

export async function saveFile(
  name: string,
  file: { fileBytes: number; stream(): ReadableStream<Uint8Array>; blob(): Promise<Blob> },
): Promise<void> {
  const { showSaveFilePicker } = window as PickerWindow
  if (showSaveFilePicker && file.fileBytes > blobBytesMax) {
    const handle = await showSaveFilePicker({ suggestedName: name })
    await file.stream().pipeTo(await handle.createWritable())
    return
  }
  saveBlob(name, await file.blob())
}

export function saveBlob(name: string, blob: Blob): void {
  const href = URL.createObjectURL(blob)
  Object.assign(document.createElement('a'), { href, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(href), revokeAfterMs)
}
