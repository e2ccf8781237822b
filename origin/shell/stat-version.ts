/** From a file system's stat to a version. */
import type { BigIntStats } from 'node:fs'
import type { FileVersion } from '../core/file-version.ts'

export function versionOf(stat: BigIntStats): FileVersion {
  const { size, mtimeNs, ctimeNs, ino, nlink } = stat
  return { bytes: Number(size), modifiedNs: mtimeNs, changedNs: ctimeNs, inode: ino, links: Number(nlink) }
}
