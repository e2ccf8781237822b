/** A chunk store that is still being opened: its calls wait for it. */
import type { ChunkStore } from '../ports.ts'

export function deferStore(opening: Promise<ChunkStore>): ChunkStore {
  return {
    held: async (root) => (await opening).held(root),
    read: async (root, index) => (await opening).read(root, index),
    write: async (root, chunks) => (await opening).write(root, chunks),
    remove: async (root, indexes) => (await opening).remove(root, indexes),
    clear: async () => (await opening).clear(),
    close: () => void opening.then((store) => store.close()),
  }
}
