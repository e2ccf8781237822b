import { describe, expect, it } from 'vitest'
import { EngineDriver } from '../../test/fakes/engine-driver.ts'
import { needOf } from './need.ts'

/** A seeder of whom peers with these many of 100 chunks ask for one. */
function needs(counts: number[]): number[] {
  const driver = new EngineDriver({ chunkCount: 100, uploadBytesPerSecondMax: 1 })
  driver.consent()
  driver.open()
  driver.start()
  driver.give({ type: 'held', swarm: driver.file.swarm, indexes: driver.indexes })
  const puppets = counts.map((count, place) => driver.meet(`p${place}`, driver.indexes.slice(0, count)))
  for (const puppet of puppets) {
    puppet.say({ type: 'request', slot: puppet.slot, parts: [{ index: 99, offset: 0, length: 64 * 1024 }] })
  }
  const remotes = puppets.map(({ id }) => driver.engine.core.remotes.get(id)!)
  return remotes.map((remote) => needOf(driver.engine.core, remote, remotes))
}

describe('who is behind', () => {
  it('[S48] gets more of the line, and who is ahead less, within bounds', () => {
    expect(needs([20, 20])).toEqual([1, 1])
    expect(needs([19, 21])).toEqual([1.25, 0.75])
    expect(needs([0, 90])).toEqual([1.5, 0.5])
  })
})
