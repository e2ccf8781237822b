/** Bodies of small things, read no further than they may be long: the other end is not trusted to stop. */
import { type Bytes, concatBytes } from '../../shared/bytes.ts'

/** @returns the whole body, or undefined when it is longer than `bytesMax`; rejects when it breaks off */
export async function readBody(response: Response, bytesMax: number): Promise<Bytes | undefined> {
  const reader = response.body?.getReader()
  const parts: Uint8Array[] = []
  let bytes = 0
  for (;;) {
    const { value } = (await reader?.read()) ?? {}
    if (value === undefined) return concatBytes(...parts)
    bytes += value.length
    if (bytes > bytesMax) {
      void reader?.cancel().catch(() => {})
      return undefined
    }
    parts.push(value)
  }
}
