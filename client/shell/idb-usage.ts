/**
 * How much of each file lies in a database of chunks and when it was last of use, in records beside them: what decides
 * which file makes room. Every tab of a site adds to them, each in the transaction of its chunks.
 */
import { promisifyRequest } from 'idb-keyval'
import { isRoot, type Root } from '../../shared/ids.ts'
import type { IdleFile } from '../core/eviction.ts'

export interface Usage extends IdleFile {
  readonly root: Root
}

/** Texts go before arrays, which are the keys of chunks (https://www.w3.org/TR/IndexedDB/#key-construct). */
const prefix = 'usage/'
const allUsages = () => IDBKeyRange.bound(prefix, 'usage0', false, true)

const keyOf = (root: Root): string => prefix + root

/** Whatever runs on the site's pages can write into the database. */
function usageOf(root: string, value: unknown): Usage | undefined {
  if (!isRoot(root) || typeof value !== 'object' || value === null) return undefined
  const { bytes, usedAtMs } = value as Partial<Usage>
  return Number.isFinite(bytes) && Number.isFinite(usedAtMs)
    ? { root, bytes: Math.max(0, bytes!), usedAtMs: usedAtMs! }
    : undefined
}

/** Notes that so many bytes of a file came, or went where they are negative, and that it is of use now. */
export function noteUsage(store: IDBObjectStore, root: Root, bytes: number, nowMs: number): void {
  const request = store.get(keyOf(root))
  request.onsuccess = () => {
    const before = usageOf(root, request.result)?.bytes ?? 0
    store.put({ bytes: Math.max(0, before + bytes), usedAtMs: nowMs }, keyOf(root))
  }
}

export async function readUsages(store: IDBObjectStore): Promise<Usage[]> {
  const [keys, values] = await Promise.all([
    promisifyRequest(store.getAllKeys(allUsages())),
    promisifyRequest(store.getAll(allUsages())),
  ])
  return keys.flatMap((key, i) => usageOf(String(key).slice(prefix.length), values[i]) ?? [])
}

/** Deletes what is stored of a file. */
export function dropFile(store: IDBObjectStore, root: Root): void {
  store.delete(chunksOf(root))
  store.delete(keyOf(root))
}

/** The keys of all chunks of a file. */
export const chunksOf = (root: Root): IDBKeyRange => IDBKeyRange.bound([root], [root, []])
