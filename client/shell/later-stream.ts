/** A stream that can be read from before what it streams is there. */
export function laterStream(opening: Promise<ReadableStream<Uint8Array>>): ReadableStream<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  opening
    .then((stream) => stream.pipeTo(writable))
    .catch((error) => writable.abort(error))
    .catch(() => {}) // whoever reads has heard of it
  return readable
}
