/** Counts the bytes of typed arrays that a synchronous call makes: what it returns and what it throws away. */
import { vi } from 'vitest'

export function allocatedBytes(run: () => void): number {
  let total = 0
  class CountedArray extends Uint8Array<ArrayBuffer> {
    constructor(...args: unknown[]) {
      super(...(args as [ArrayBuffer]))
      // A view of a buffer that exists is no allocation; a length, a list or a copy is.
      if (!(args[0] instanceof ArrayBuffer)) total += this.byteLength
    }
  }
  vi.stubGlobal('Uint8Array', CountedArray)
  try {
    run()
  } finally {
    vi.unstubAllGlobals()
  }
  return total
}
