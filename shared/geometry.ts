/** How a file of a given size divides into chunks and leaves. Index, count and bytes are never mixed. */
import { assert } from './assert.ts'
import { chunkBytesMax, chunkBytesMin, chunkCountAim, fileBytesMax, leafBytes } from './limits.ts'

/** The chunk size for a file: 64 KiB up to 128 MiB, then doubled until about 2,048 chunks remain, at most 4 MiB. */
export function chunkBytesFor(fileBytes: number): number {
  let chunkBytes = chunkBytesMin
  while (chunkBytes < chunkBytesMax && fileBytes > chunkBytes * chunkCountAim) chunkBytes *= 2
  return chunkBytes
}

export function isChunkBytes(value: number): boolean {
  return value >= leafBytes && value <= chunkBytesMax && Number.isInteger(Math.log2(value))
}

export class Geometry {
  readonly fileBytes: number
  readonly chunkBytes: number
  readonly chunkCount: number
  readonly leafCount: number
  readonly leavesPerChunk: number

  constructor(fileBytes: number, chunkBytes = chunkBytesFor(fileBytes)) {
    assert(Number.isSafeInteger(fileBytes) && fileBytes >= 0 && fileBytes <= fileBytesMax, `file of ${fileBytes} bytes`)
    assert(isChunkBytes(chunkBytes), `chunk of ${chunkBytes} bytes`)
    this.fileBytes = fileBytes
    this.chunkBytes = chunkBytes
    this.chunkCount = Math.ceil(fileBytes / chunkBytes)
    this.leafCount = Math.ceil(fileBytes / leafBytes)
    this.leavesPerChunk = chunkBytes / leafBytes
  }

  /** The first byte of a chunk. */
  startOf(index: number): number {
    return index * this.chunkBytes
  }

  /** The byte after a chunk's last. */
  endOf(index: number): number {
    return Math.min((index + 1) * this.chunkBytes, this.fileBytes)
  }

  /** A chunk's length; only the last one is short. */
  lengthOf(index: number): number {
    return this.endOf(index) - this.startOf(index)
  }

  /** The chunk that holds a byte. */
  chunkAt(byte: number): number {
    return Math.floor(byte / this.chunkBytes)
  }

  /** The chunks that cover bytes [from, to), as [first, end). */
  chunksOver(from: number, to: number): [first: number, end: number] {
    return from >= to ? [0, 0] : [this.chunkAt(from), this.chunkAt(to - 1) + 1]
  }
}
