/** The Merkle root of a file on this disk: what it must be compared by before it is served under a manifest. */
import { createReadStream } from 'node:fs'
import { toHex } from '../../shared/bytes.ts'
import { Geometry } from '../../shared/geometry.ts'
import { leafBytes, MiB } from '../../shared/limits.ts'
import { TreeBuilder } from '../../shared/merkle.ts'
import { nodeHasher } from './node-hasher.ts'

/** Read at a time, in whole leaves: hashing so much keeps nobody else waiting. */
const readBytes = 1 * MiB

/** @returns the root in hex, or undefined when the file has another size by now */
export async function rootOfFile(path: string, fileBytes: number, signal: AbortSignal): Promise<string | undefined> {
  const tree = new TreeBuilder(new Geometry(fileBytes), nodeHasher.sha256)
  let doneBytes = 0
  for await (const part of createReadStream(path, { highWaterMark: readBytes, signal })) {
    const isInside = doneBytes + part.length <= fileBytes && doneBytes % leafBytes === 0
    if (!isInside) return undefined
    for (let at = 0; at < part.length; at += leafBytes)
      tree.addLeaf(nodeHasher.sha256(part.subarray(at, at + leafBytes)))
    doneBytes += part.length
  }
  return doneBytes === fileBytes ? toHex(tree.finish().root) : undefined
}
