/** Which open files nothing on the page needs any more, and which of them go when one more is to be opened. */
import type { OpenFile } from './open-file.ts'
import type { Runtime } from './runtime.ts'

/**
 * Files that are open at once, where no more are read or downloaded: a tracker lets a connection be in 64 swarms, and a
 * film, or a page of pictures, has many more.
 */
export const openFilesMax = 48

/** Those opened first at the head. */
export function unneededFiles(
  { files, engine }: Runtime,
  downloads: Iterable<{ readonly file: OpenFile | undefined }>,
): OpenFile[] {
  const downloaded = new Set([...downloads].map(({ file }) => file))
  const isRead = ({ id }: OpenFile) => (engine.core.swarms.get(id)?.wants.size ?? 0) > 0
  return [...files].filter((file) => !downloaded.has(file) && !isRead(file))
}

/** The longest open are left first: with what comes in order, such as a film's fragments, others are past them too. */
export function filesToLeave(unneeded: readonly OpenFile[], openCount: number): OpenFile[] {
  return unneeded.slice(0, Math.max(0, openCount + 1 - openFilesMax))
}
