/** An answer that is under way, fed to the engine. Knows no file. */
import { leafBytes } from '../../shared/limits.ts'
import type { AnswerBody } from './answer-body.ts'
import type { Runtime } from './runtime.ts'

/** No faster than it is taken. */
export async function pump(runtime: Runtime, run: number, body: AnswerBody): Promise<void> {
  let isFirst = true
  try {
    for (;;) {
      const value = await body.read()
      if (!value) return runtime.runEnded(run)
      // A first read may bring megabytes: its first leaf goes ahead, hashed and released while the rest is taken in.
      const ahead = isFirst ? Math.min(leafBytes, value.length) : 0
      isFirst = false
      if (ahead > 0) {
        await runtime.runBytes(run, value.subarray(0, ahead))
        await new Promise((resolve) => setTimeout(resolve))
      }
      if (ahead < value.length) await runtime.runBytes(run, value.subarray(ahead))
    }
  } catch (error) {
    runtime.runFailed(run, { reason: error instanceof Error ? error.message : String(error), retry: true })
  }
}
