/**
 * What is remembered of sites' signatures, in a database of its own: one record a key. Where there is no IndexedDB it is
 * remembered until the page closes.
 */
import { clear, createStore, get, type UseStore, update } from 'idb-keyval'
import type { KeyRecord } from '../core/site-trust.ts'
import type { TrustMemory } from '../ports.ts'
import { createTrustMemory } from './manifest-trust.ts'

const databaseName = 'nearcast-trust'
const storeName = 'keys'

/** Some browsers leave `indexedDB.open` without any answer; no file waits longer than this. */
const patienceMs = 1_000

export function createIdbTrustMemory(): TrustMemory {
  const memory = createTrustMemory()
  let opened: UseStore | undefined
  const onDisk = async <T>(work: (store: UseStore) => Promise<T>): Promise<T | undefined> => {
    let timer: ReturnType<typeof setTimeout> | number | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, patienceMs)
    })
    try {
      opened ??= createStore(databaseName, storeName)
      return await Promise.race([work(opened), late])
    } catch {
      return undefined // no database, or none that works: what the page itself saw is remembered all the same
    } finally {
      clearTimeout(timer)
    }
  }
  return {
    async read(keyId) {
      const kept = await onDisk((store) => get<unknown>(keyId, store))
      return isRecord(kept) ? kept : memory.read(keyId)
    },
    async update(keyId, change) {
      await memory.update(keyId, change)
      await onDisk((store) => update<unknown>(keyId, (kept) => change(isRecord(kept) ? kept : undefined), store))
    },
    async clear() {
      await memory.clear()
      await onDisk((store) => clear(store))
    },
  }
}

/** Whatever runs on the site's pages can write into the database. */
function isRecord(value: unknown): value is KeyRecord {
  if (typeof value !== 'object' || value === null || !('files' in value) || !Array.isArray(value.files)) return false
  if ('successor' in value && typeof value.successor !== 'string') return false
  return value.files.every((file) => Array.isArray(file) && typeof file[0] === 'string' && Number.isFinite(file[1]))
}
