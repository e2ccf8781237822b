/**
 * JSON Web Signatures (RFC 7515) of Ed25519 (RFC 8037), as far as their text goes: parts, header, what is signed. Knows
 * no key and makes no signature.
 */
import { asciiBytes, type Bytes, fromBase64Url, toBase64Url, toHex } from './bytes.ts'
import { ok, type Result, violation } from './result.ts'
import { type Infer, literal, object, type Schema, text } from './schema.ts'
import { jwsPartLengthMax } from './signed-parts.ts'

/** The members of the flattened JSON form (§7.2.2): each part in base64url. */
export interface Jws {
  protected: string
  payload: string
  signature: string
}

/** A signature of Ed25519 (RFC 8032 §5.1.6). */
export const signatureBytes = 64

const header = object({
  // Both names are in use for the same thing: RFC 8037 §3.1 and RFC 9864 §2.2.
  alg: literal('EdDSA', 'Ed25519'),
  typ: text(64, 1),
  kid: text(64, 1),
})
export type JwsHeader = Infer<typeof header>

/** What the signature is over (§5.1). */
export const signedBytes = (jws: Pick<Jws, 'protected' | 'payload'>): Bytes =>
  asciiBytes(`${jws.protected}.${jws.payload}`)

/** A part with this JSON, in which every character beyond ASCII is escaped: so its bytes are its letters. */
export function printPart(value: object): string {
  const json = JSON.stringify(value)
  const ascii = json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return toBase64Url(asciiBytes(ascii))
}

export const printHeader = (typ: string, kid: string): string =>
  printPart({ alg: 'EdDSA', typ, kid } satisfies JwsHeader)

/** The JSON value of a part; undefined when it is none. */
function readPart(part: string): unknown {
  const bytes = part.length <= jwsPartLengthMax ? fromBase64Url(part) : undefined
  if (bytes === undefined) return undefined
  try {
    // UTF-8, strictly, in a language that has no decoder of its own.
    return JSON.parse(decodeURIComponent(toHex(bytes).replace(/../g, '%$&')))
  } catch {
    return undefined
  }
}

/** The header, if it is one that can be followed here. */
export function readHeader(jws: Jws): Result<JwsHeader> {
  const value = readPart(jws.protected)
  const found = header(value)
  if (found === undefined)
    return violation(`signature header has a missing or wrong field: ${header.wrongField(value)}`)
  // Extensions that change how a signature is read (§4.1.11) are none of ours.
  if (Object.hasOwn(value as object, 'crit')) return violation('signature wants extensions')
  return ok(found)
}

/** The payload, if it is of this shape. */
export function readPayload<T>(jws: Jws, shape: Schema<T>): T | undefined {
  return shape(readPart(jws.payload))
}

export function readSignature(jws: Jws): Bytes | undefined {
  const bytes = fromBase64Url(jws.signature)
  return bytes?.length === signatureBytes ? bytes : undefined
}

/** The compact form (§7.1). */
export const printCompact = (jws: Jws): string => `${jws.protected}.${jws.payload}.${jws.signature}`

export function readCompact(text: string): Jws | undefined {
  const parts = text.split('.')
  const [first, payload, signature] = parts
  return parts.length === 3 ? { protected: first!, payload: payload!, signature: signature! } : undefined
}
