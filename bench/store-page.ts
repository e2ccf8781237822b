/** The page half of bench/store.ts: writes and reads chunks in IndexedDB in the ways that idb-keyval allows. */
import { clear, createStore, getMany, setMany } from 'idb-keyval'

export interface StorePlan {
  totalBytes: number
  valueBytes: number
  valuesPerTransaction: number
  as: 'buffer' | 'bytes' | 'blob'
}

/** @returns MiB per second written, and read one value after another */
export async function measure(plan: StorePlan): Promise<{ write: number; read: number }> {
  const store = createStore(`bench-${plan.as}`, 'chunks')
  await clear(store)
  const count = plan.totalBytes / plan.valueBytes
  const random = new Uint8Array(plan.valueBytes)
  for (let at = 0; at < random.length; at += 65536) crypto.getRandomValues(random.subarray(at, at + 65536))
  const value = () => {
    const bytes = random.slice()
    return plan.as === 'bytes' ? bytes : plan.as === 'buffer' ? bytes.buffer : new Blob([bytes])
  }
  const keys = Array.from({ length: count }, (_, index) => ['f'.repeat(64), index])
  const writeStartMs = performance.now()
  for (let at = 0; at < count; at += plan.valuesPerTransaction) {
    await setMany(
      keys.slice(at, at + plan.valuesPerTransaction).map((key) => [key, value()]),
      store,
    )
  }
  const readStartMs = performance.now()
  let readBytes = 0
  for (const key of keys) {
    const [found] = await getMany<Blob | ArrayBuffer | Uint8Array>([key], store)
    readBytes += found instanceof Blob ? (await found.arrayBuffer()).byteLength : found!.byteLength
  }
  const endMs = performance.now()
  if (readBytes !== plan.totalBytes) throw new Error(`read ${readBytes} bytes of ${plan.totalBytes}`)
  await clear(store)
  const rate = (ms: number) => plan.totalBytes / 1024 / 1024 / (ms / 1000)
  return { write: rate(readStartMs - writeStartMs), read: rate(endMs - readStartMs) }
}
