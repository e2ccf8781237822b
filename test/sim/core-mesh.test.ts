import { expect, test } from 'vitest'
import { meshOf } from './core-mesh.ts'

test('[T15] peers of four regions that come and go stay one mesh, though most of their links are inside a region', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { partCount, peerCount, regionShare } = meshOf(seed)
    expect([seed, partCount]).toEqual([seed, 1])
    expect(peerCount).toBeGreaterThan(150)
    expect(regionShare).toBeGreaterThan(0.7)
  }
})
