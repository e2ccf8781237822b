/** Which version of a file is at hand, by what its file system says about it. Knows no content. */

export interface FileVersion {
  bytes: number
  /** Nanoseconds since 1970: when the content last changed, and when anything about the file last did. */
  modifiedNs: bigint
  changedNs: bigint
  inode: bigint
  /** Names that lead to it. */
  links: number
}

/** One spelling of a version. Content that was written in between always gives another one. */
export function versionKey(version: FileVersion): string {
  return `${version.bytes}-${version.modifiedNs}-${version.changedNs}-${version.inode}`
}

/**
 * True while an open file surely holds the content that it had. Replacing or deleting it takes a name away and by that
 * changes its change time, but not its content; a change time that moves by itself may be that of a write whose
 * modification time was set back.
 */
export function sameContent(a: FileVersion, b: FileVersion): boolean {
  const onlyRenamed = a.links !== b.links
  const sameTimes = a.modifiedNs === b.modifiedNs && (a.changedNs === b.changedNs || onlyRenamed)
  return sameTimes && a.bytes === b.bytes && a.inode === b.inode
}

/** The coarsest clock that common kernels stamp files with ticks every 10 ms (100 Hz); twice that is out of doubt. */
const stampTickMs = 20

/**
 * How long to wait before the version is trusted to name the content: while the tick of its last change may still
 * run, another write would give the same stamp. 0 for every file that was not written just now.
 */
export function settleMs(version: FileVersion, nowMs: number): number {
  const ageMs = nowMs - Number(version.changedNs / 1_000_000n)
  return ageMs >= 0 && ageMs < stampTickMs ? stampTickMs - ageMs : 0
}
