/** Which stored files make room for others: the least recently used first. Knows no store. */

export interface IdleFile {
  readonly bytes: number
  /** When it was last of use; on any clock that is the same for all. */
  readonly usedAtMs: number
}

/** @param overBytes by how much all that is stored is too much @returns the files to delete, even if they are too few */
export function filesToDrop<File extends IdleFile>(idle: readonly File[], overBytes: number): File[] {
  const dropped: File[] = []
  let left = overBytes
  for (const file of [...idle].sort((a, b) => a.usedAtMs - b.usedAtMs)) {
    if (left <= 0) break
    dropped.push(file)
    left -= file.bytes
  }
  return dropped
}
