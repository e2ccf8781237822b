/**
 * The journal beside a file that is being fetched: what the file is to become, and which chunks are in their places.
 * Appended to after the bytes are written, so that a process killed at any moment leaves what it says true; a torn
 * end is cut. Knows no bytes of the file.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { MiB } from '../../shared/limits.ts'

/** A record: the chunk's index, its highest bit set when the chunk was taken back, and its length plus one. */
const recordBytes = 8
const removedBit = 0x8000_0000

/** What a journal may be for; longer than any line with a URL that servers take. */
const headBytesMax = 16 * 1024

/** A file of the most chunks, each written and taken back twice, is below this; a longer journal is not ours. */
const journalBytesMax = 32 * MiB

export class PartJournal {
  readonly #handle: FileHandle
  #endBytes: number
  /** The length of each chunk that is held. */
  readonly held: Map<number, number>

  private constructor(handle: FileHandle, endBytes: number, held: Map<number, number>) {
    this.#handle = handle
    this.#endBytes = endBytes
    this.held = held
  }

  /** The journal at a path, if it is for exactly this. @param head names what the file is to become, in one line */
  static async reopen(path: string, head: string): Promise<PartJournal | undefined> {
    const handle = await open(path, 'r+').catch(() => undefined)
    if (handle === undefined) return undefined
    const { size } = await handle.stat()
    const bytes = size <= journalBytesMax ? await handle.readFile() : undefined
    const headEnd = bytes?.indexOf('\n') ?? -1
    if (bytes === undefined || headEnd < 0 || bytes.toString('utf8', 0, headEnd) !== head) {
      await handle.close()
      return undefined
    }
    const held = new Map<number, number>()
    let at = headEnd + 1
    for (; at + recordBytes <= bytes.length; at += recordBytes) {
      const [word, length] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)]
      const index = (word & ~removedBit) >>> 0
      // A record of zeros is a hole that a failed write left.
      if (length > 0 && word < removedBit) held.set(index, length - 1)
      else if (word >= removedBit) held.delete(index)
    }
    return new PartJournal(handle, at, held)
  }

  static async create(path: string, head: string): Promise<PartJournal> {
    const handle = await open(path, 'w')
    const { bytesWritten } = await handle.write(`${head}\n`)
    return new PartJournal(handle, bytesWritten, new Map())
  }

  /** Notes that chunks are in their places. */
  async add(chunks: readonly { index: number; length: number }[]): Promise<void> {
    await this.#append(chunks.map(({ index, length }) => [index, length + 1]))
    for (const { index, length } of chunks) this.held.set(index, length)
  }

  async remove(indexes: readonly number[]): Promise<void> {
    const known = indexes.filter((index) => this.held.delete(index))
    await this.#append(known.map((index) => [index + removedBit, 1]))
  }

  async #append(records: readonly (readonly [number, number])[]): Promise<void> {
    const bytes = Buffer.alloc(records.length * recordBytes)
    for (const [i, [word, length]] of records.entries()) {
      bytes.writeUInt32LE(word, i * recordBytes)
      bytes.writeUInt32LE(length, i * recordBytes + 4)
    }
    // The place is taken before anything is waited for: writes side by side never meet.
    const at = this.#endBytes
    this.#endBytes += bytes.length
    await this.#handle.write(bytes, 0, bytes.length, at)
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

/** The first line of the journal at a path, for those who ask what an unfinished file is. */
export async function readJournalHead(path: string): Promise<string | undefined> {
  const handle = await open(path, 'r').catch(() => undefined)
  if (handle === undefined) return undefined
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytesMax), 0, headBytesMax, 0)
    const end = buffer.subarray(0, bytesRead).indexOf('\n')
    return end < 0 ? undefined : buffer.toString('utf8', 0, end)
  } finally {
    await handle.close()
  }
}
