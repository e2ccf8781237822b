import { describe, expect, it } from 'vitest'
import type { Root } from '../../shared/ids.ts'
import type { ChunkStore } from '../ports.ts'
import { deferStore } from './deferred-store.ts'
import { MemoryStore } from './memory-store.ts'

const root = 'a'.repeat(64) as Root

describe('a store that is opened later', () => {
  it('[C13] is not opened before it is asked for something, and once only', async () => {
    let openings = 0
    const store = deferStore(async () => {
      openings++
      return new MemoryStore(1_000)
    })
    expect(openings).toBe(0)
    await Promise.all([store.held(root), store.write(root, [{ index: 3, bytes: Uint8Array.of(1) }])])
    expect(await store.held(root)).toEqual([3])
    expect(openings).toBe(1)
  })

  it('[C12] closed, it closes what it opened, and opens nothing for it', async () => {
    const said: string[] = []
    const open = async (): Promise<ChunkStore> => {
      said.push('open')
      return Object.assign(new MemoryStore(1_000), { close: () => said.push('close') })
    }
    deferStore(open).close()
    expect(said).toEqual([])
    const used = deferStore(open)
    await used.held(root)
    used.close()
    await used.held(root)
    expect(said).toEqual(['open', 'close'])
  })
})
