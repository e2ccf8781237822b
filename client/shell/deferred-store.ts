/** A chunk store that is opened when it is first asked for something; calls wait for it. */
import type { ChunkStore } from '../ports.ts'

export function deferStore(open: () => Promise<ChunkStore>): ChunkStore {
  let opening: Promise<ChunkStore> | undefined
  const opened = () => {
    opening ??= open()
    return opening
  }
  return {
    held: async (root) => (await opened()).held(root),
    read: async (root, index) => (await opened()).read(root, index),
    write: async (root, chunks) => (await opened()).write(root, chunks),
    remove: async (root, indexes) => (await opened()).remove(root, indexes),
    clear: async (kept) => (await opened()).clear(kept),
    close: async () => (await opening)?.close(),
  }
}
