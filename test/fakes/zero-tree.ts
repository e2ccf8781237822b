/** The tree of a file of zeros, however long, without hashing each of its leaves: all but the last are alike. */
import { Geometry } from '../../shared/geometry.ts'
import { leafBytes } from '../../shared/limits.ts'
import { TreeBuilder } from '../../shared/merkle.ts'
import { sha256 } from './sample-file.ts'

export function treeOfZeros(bytes: number) {
  const geometry = new Geometry(bytes)
  const tree = new TreeBuilder(geometry, sha256)
  const full = sha256(new Uint8Array(leafBytes))
  for (let i = 0; i < geometry.leafCount - 1; i++) tree.addLeaf(full)
  tree.addLeaf(sha256(new Uint8Array(bytes - (geometry.leafCount - 1) * leafBytes)))
  return tree.finish()
}
