/**
 * What is remembered of sites' signatures, in a database of its own: one record a key. Where there is no IndexedDB it is
 * remembered until the page closes.
 */
import { clear, createStore, get, type UseStore, update } from 'idb-keyval'
import { isKeyRecord } from '../core/site-trust.ts'
import type { TrustMemory } from '../ports.ts'
import { trustDatabase } from './database-names.ts'
import { createTrustMemory } from './manifest-trust.ts'

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
      opened ??= createStore(trustDatabase, storeName)
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
      return isKeyRecord(kept) ? kept : memory.read(keyId)
    },
    async update(keyId, change) {
      await memory.update(keyId, change)
      await onDisk((store) => update<unknown>(keyId, (kept) => change(isKeyRecord(kept) ? kept : undefined), store))
    },
    async clear() {
      await memory.clear()
      await onDisk((store) => clear(store))
    },
  }
}
