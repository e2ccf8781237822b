/** Files that are written whole: a reader sees the old one or the new one, never half of one. */
import { rename, rm, writeFile } from 'node:fs/promises'
import type { Bytes } from '../../shared/bytes.ts'

let written = 0

/** Part of an unfinished file's name: another process or call never writes the same one. */
export const unfinishedMark = (): string => `${process.pid}-${++written}`

/** @param unfinished where it is written first, on the same disk */
export async function replaceFile(file: string, unfinished: string, content: Bytes | string): Promise<void> {
  try {
    await writeFile(unfinished, content)
    await rename(unfinished, file)
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined)
    throw error
  }
}
