import { describe, expect, it } from 'vitest'
import { type FileVersion, sameContent, settleMs, versionKey } from './file-version.ts'

const version: FileVersion = {
  bytes: 10,
  modifiedNs: 1_764_000_000_123_456_789n,
  changedNs: 1_764_000_000_223_456_789n,
  inode: 7n,
  links: 1,
}
const changes: Partial<FileVersion>[] = [
  { bytes: 11 },
  { modifiedNs: version.modifiedNs + 1n },
  { changedNs: version.changedNs + 1n },
  { inode: 8n },
]

describe('a version', () => {
  it('[O16] has another key when size, either time or inode differ', () => {
    const keys = [version, ...changes.map((change) => ({ ...version, ...change }))].map(versionKey)
    expect(new Set(keys).size).toBe(5)
    expect(versionKey({ ...version })).toBe(keys[0])
  })

  it('[O2] keeps its key and its content when the file only lost or gained a name', () => {
    expect(versionKey({ ...version, links: 2 })).toBe(versionKey(version))
    for (const links of [0, 2]) {
      expect(sameContent(version, { ...version, links, changedNs: version.changedNs + 1n })).toBe(true)
      expect(sameContent(version, { ...version, links, modifiedNs: version.modifiedNs + 1n })).toBe(false)
    }
  })

  it('may have lost its content once anything else about it changed', () => {
    for (const change of changes) expect(sameContent(version, { ...version, ...change })).toBe(false)
    expect(sameContent(version, { ...version })).toBe(true)
  })

  it('is waited for only while the clock tick of its last change may still run', () => {
    const changedMs = 1_764_000_000_223
    expect(settleMs(version, changedMs)).toBe(20)
    expect(settleMs(version, changedMs + 15)).toBe(5)
    expect(settleMs(version, changedMs + 20)).toBe(0)
    expect(settleMs(version, changedMs - 60_000)).toBe(0)
  })
})
