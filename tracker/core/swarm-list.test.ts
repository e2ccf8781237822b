import { describe, expect, it } from 'vitest'
import type { SwarmId } from '../../shared/ids.ts'
import { parseSwarmEntry, SwarmList } from './swarm-list.ts'

const name = `abcd${'0'.repeat(36)}` as SwarmId

describe('a list of swarms', () => {
  it('[T126] has the names and what begins with its prefixes, and nothing else', () => {
    const list = new SwarmList({ names: [name], prefixes: ['12345', 'fedc'] })
    expect(list.size).toBe(3)
    expect(list.has(name)).toBe(true)
    expect(list.has(`abcd${'1'.repeat(36)}` as SwarmId)).toBe(false)
    expect(list.has(`12345${'f'.repeat(35)}` as SwarmId)).toBe(true)
    expect(list.has(`1234f${'f'.repeat(35)}` as SwarmId)).toBe(false)
    expect(list.has(`fedc${'0'.repeat(36)}` as SwarmId)).toBe(true)
    expect(new SwarmList({ names: [], prefixes: [] }).has(name)).toBe(false)
  })

  it.each([
    [name, { name }],
    ['ab12*', { prefix: 'ab12' }],
    [`${name.slice(0, 39)}*`, { prefix: name.slice(0, 39) }],
    ['ab1*', undefined],
    ['*', undefined],
    [`${name}*`, undefined],
    ['ab12', undefined],
    ['AB12*', undefined],
    ['', undefined],
  ])('[T126] %s is read as what it is', (text, entry) => {
    expect(parseSwarmEntry(text)).toEqual(entry)
  })
})
