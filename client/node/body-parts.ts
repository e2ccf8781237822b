/** A body's parts as they come, until it ends or is ended: an abort is heard at once, whatever the platform does. */

/** Rejects with the signal's reason once it is aborted. Node's own bodies can wait for ever when that is at their end. */
export async function* bodyParts(
  body: ReadableStream<Uint8Array> | null,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (!body) return
  const reader = body.getReader()
  let giveUp = () => {}
  const abort = () => giveUp()
  signal.addEventListener('abort', abort)
  try {
    for (;;) {
      signal.throwIfAborted()
      const { done, value } = await new Promise<ReadableStreamReadResult<Uint8Array>>((resolve, reject) => {
        giveUp = () => reject(signal.reason)
        reader.read().then(resolve, reject)
      })
      if (done) return
      yield value
    }
  } finally {
    signal.removeEventListener('abort', abort)
    void reader.cancel().catch(() => {})
  }
}
