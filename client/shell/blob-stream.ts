/** A stream's bytes as one Blob. */
import { leafBytes } from '../../shared/limits.ts'

/** Chunks go into a Blob in groups: a Blob of thousands of parts is slow to read. */
const groupBytesMin = 4 * 1024 * leafBytes

export async function blobOf(stream: ReadableStream<Uint8Array>, type: string): Promise<Blob> {
  const groups: Blob[] = []
  let group: Uint8Array<ArrayBuffer>[] = []
  let groupBytes = 0
  const close = () => {
    groups.push(new Blob(group))
    group = []
    groupBytes = 0
  }
  for await (const bytes of stream) {
    group.push(bytes as Uint8Array<ArrayBuffer>)
    groupBytes += bytes.length
    if (groupBytes >= groupBytesMin) close()
  }
  close()
  return new Blob(groups, { type })
}
