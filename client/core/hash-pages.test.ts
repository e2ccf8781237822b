import { describe, expect, it } from 'vitest'
import type { SwarmId } from '../../shared/ids.ts'
import { ChunkHashes } from '../../shared/manifest.ts'
import { createRng } from '../../shared/rng.ts'
import { sha256, syntheticHash, syntheticManifest } from '../../test/fakes/sample-file.ts'
import { Engine } from './engine.ts'
import type { Effect, Input } from './engine-events.ts'

const swarm = 'cd'.repeat(20) as SwarmId
const chunkBytes = 16_384

/** A file of 2,560 chunks of one leaf: five pages of hashes. */
function started() {
  const { manifest, layer } = syntheticManifest(2_560)
  const hashes = new ChunkHashes(manifest, sha256)
  const settings = { mode: 'balanced', tracker: false, uploadBytesPerSecondMax: 1, linkCountMax: 1 } as const
  const engine = new Engine({ ...settings, instance: '80'.repeat(8) }, createRng([1, 2, 3, 4]))
  const log: Effect[] = []
  let now = 0
  const give = (input: Input) => {
    const effects = engine.handle(input, now)
    log.push(...effects)
    return effects
  }
  const pass = (ms: number) => {
    for (const end = now + ms; now < end; ) {
      now = Math.min(end, Math.max(now, engine.nextWake()))
      give({ type: 'wake' })
    }
  }
  const all = <T extends Effect['type']>(type: T) =>
    log.filter((effect): effect is Extract<Effect, { type: T }> => effect.type === type)
  give({ type: 'open', swarm, manifest, hashes, run: { id: engine.takeRunId(), to: manifest.geometry.fileBytes } })
  give({ type: 'want', swarm, want: 1, from: 0, to: manifest.geometry.fileBytes, order: 'bulk' })
  const chunk = () => {
    for (const effect of give({ type: 'runBytes', run: 1, bytes: new Uint8Array(chunkBytes) })) {
      if (effect.type !== 'digest') continue
      const { index, bytes } = effect
      give({ type: 'digested', swarm, index, bytes, hash: syntheticHash(index) })
    }
  }
  const addPage = (page: number) => {
    const [from, to] = hashes.pageRange(page)
    return hashes.addPage(page, layer.slice(from, to))
  }
  return { give, all, pass, chunk, addPage, engine }
}

describe('pages of hashes', () => {
  it('[C8] a chunk whose page is not here waits for it, and the page is asked for once', () => {
    const { all, chunk, addPage, give } = started()
    chunk()
    chunk()
    expect(all('fetchPage')).toMatchObject([{ page: 0 }])
    expect(all('keep')).toEqual([])
    expect(addPage(0)).toBe(true)
    give({ type: 'page', swarm, page: 0, known: true })
    expect(all('keep').map(({ index }) => index)).toEqual([0, 1])
    chunk()
    expect(all('keep')).toHaveLength(3)
  })

  it('[C8] a page that could not be had is asked for again, a little later each time', () => {
    const { all, chunk, addPage, give, pass } = started()
    chunk()
    give({ type: 'page', swarm, page: 0, known: false })
    expect(all('failed')).toEqual([])
    pass(5_000)
    expect(all('fetchPage')).toHaveLength(2)
    addPage(0)
    give({ type: 'page', swarm, page: 0, known: true })
    expect(all('keep')).toHaveLength(1)
  })

  it('[C8] after five times the file fails, and keeps nothing that it could not check', () => {
    const { all, chunk, give, pass, engine } = started()
    chunk()
    for (let time = 0; time < 5; time++) {
      give({ type: 'page', swarm, page: 0, known: false })
      pass(10_000)
    }
    expect(all('fetchPage')).toHaveLength(5)
    expect(all('failed')).toMatchObject([{ code: 'network' }])
    expect(all('keep')).toEqual([])
    expect(engine.core.hashingBytes).toBe(0)
  })
})
