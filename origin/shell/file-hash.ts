/**
 * Reads a file from its first byte to its last and hashes it, in bounded memory, and knows when what it read was not
 * one version. Runs on whichever thread calls it; keeps nothing.
 */
import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bytes } from '../../shared/bytes.ts'
import { Geometry } from '../../shared/geometry.ts'
import { fileBytesMax, leafBytes, MiB } from '../../shared/limits.ts'
import { TreeBuilder } from '../../shared/merkle.ts'
import { settleMs, versionKey } from '../core/file-version.ts'
import type { HashFile, HashOutcome } from '../ports.ts'
import { versionOf } from './stat-version.ts'

/** Read at a time, twice over: one part is hashed while the next one is read. Whole leaves. */
const readBytes = 1 * MiB

/** Reads between looks at the file's version, so that a file under constant writing is given up early. */
const readsPerLook = 32

/** The platform's SHA-256, as pure code wants it. */
export const sha256 = (bytes: Uint8Array): Bytes => hash('sha256', bytes, 'buffer') as Uint8Array as Bytes

export const hashFileHere: HashFile = async (path, signal) => {
  let handle: FileHandle | undefined
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    return await hashOpenFile(handle, path, signal)
  } catch (error) {
    return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) }
  } finally {
    await handle?.close()
  }
}

async function hashOpenFile(handle: FileHandle, path: string, signal: AbortSignal): Promise<HashOutcome> {
  const found = await handle.stat({ bigint: true })
  if (!found.isFile()) return { kind: 'failed', reason: `${path} is not a file` }
  const version = versionOf(found)
  if (version.bytes > fileBytesMax) return { kind: 'failed', reason: `${path} is larger than ${fileBytesMax} bytes` }
  await sleep(settleMs(version, Date.now()), undefined, { signal })
  const key = versionKey(version)
  const unchanged = async () => versionKey(versionOf(await handle.stat({ bigint: true }))) === key

  const tree = new TreeBuilder(new Geometry(version.bytes), sha256)
  const buffers = [Buffer.allocUnsafeSlow(readBytes), Buffer.allocUnsafeSlow(readBytes)] as const
  const read = (position: number, buffer: Buffer) => {
    const part = readFully(handle, buffer.subarray(0, Math.min(readBytes, version.bytes - position)), position)
    // A part that is read ahead may never be waited for; then its failure is nobody's.
    part.catch(() => undefined)
    return part
  }
  let reading = read(0, buffers[0])
  for (let position = 0, reads = 0; position < version.bytes; position += readBytes, reads++) {
    signal.throwIfAborted()
    const part = await reading
    if (part === undefined) return { kind: 'changed' }
    if (position + readBytes < version.bytes) reading = read(position + readBytes, buffers[(reads + 1) % 2 ? 1 : 0])
    for (let at = 0; at < part.length; at += leafBytes) tree.addLeaf(sha256(part.subarray(at, at + leafBytes)))
    if (reads % readsPerLook === readsPerLook - 1 && !(await unchanged())) return { kind: 'changed' }
  }
  // The path must lead to that version still: a file that was replaced by renaming leaves the open one as it was.
  const now = await stat(path, { bigint: true })
  if (versionKey(versionOf(now)) !== key || !(await unchanged())) return { kind: 'changed' }
  return { kind: 'hashed', file: { version, ...tree.finish() } }
}

/** Fills the whole buffer; undefined when the file ends before. */
export async function readFully<T extends Uint8Array>(
  handle: FileHandle,
  buffer: T,
  position: number,
): Promise<T | undefined> {
  for (let filled = 0; filled < buffer.length; ) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position + filled)
    if (bytesRead === 0) return undefined
    filled += bytesRead
  }
  return buffer
}
