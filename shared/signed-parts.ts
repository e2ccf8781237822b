/** A signed manifest's members beside those of any other: their shape alone. What they say is another module's to know. */
import type { Jws } from './jws.ts'
import { list, optional, text } from './schema.ts'

/** Keys that led to the present one: a key in a year or so; each is another signature to check. */
export const successionMax = 8

/** Longer than any of ours; nothing longer is looked at. */
export const jwsPartLengthMax = 16 * 1024

/** A manifest's signature as it came, and the signatures that lead from a former key to its own. */
export interface SignedParts extends Jws {
  /** In the compact form, the oldest first. */
  succession?: string[]
}

export const signedPartsFields = {
  protected: optional(text(jwsPartLengthMax, 1)),
  payload: optional(text(jwsPartLengthMax, 1)),
  signature: optional(text(128, 1)),
  succession: optional(list(text(2048, 1), successionMax)),
}

/** The parts of a signature, where there are all of them. */
export function signedPartsOf(fields: Partial<SignedParts>): SignedParts | undefined {
  const { protected: header, payload, signature, succession } = fields
  return header && payload && signature
    ? { protected: header, payload, signature, ...(succession && { succession }) }
    : undefined
}
