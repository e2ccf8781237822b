/** The first leaf of an answer, verified and released ahead of everything else. */
import { type Bytes, equalBytes } from '../../shared/bytes.ts'
import { leafBytes } from '../../shared/limits.ts'
import type { Hasher } from '../ports.ts'
import type { AnswerBody } from './answer-body.ts'

/**
 * A leaf is waited for this long: several round trips, as a new connection carries less than a leaf in the first. Then
 * the file is opened without it.
 */
const patienceMs = 250

/**
 * @param hashOf works the leaf's hash out; undefined when nothing proves it
 * @returns the leaf, verified; undefined when it is wrong, not proven, or long in coming
 */
export async function earlyLeaf(
  hasher: Hasher,
  body: AnswerBody,
  fileBytes: number,
  hashOf: () => Bytes | undefined,
): Promise<Bytes | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, patienceMs))
  const beginning = Promise.race([body.beginning(Math.min(leafBytes, fileBytes)), late])
  // Its hash is worked out while the body is on its way.
  const hash = hashOf()
  const bytes = await beginning
  if (!hash || !bytes) return undefined
  return equalBytes(await hasher.leafHashes(bytes), hash) ? bytes : undefined
}
