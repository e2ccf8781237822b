import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../test/fakes/sample-file.ts'
import { isPeerId, isRoot, isSwarmId, type Root, swarmIdOf } from './ids.ts'

const wrongTexts = [
  '',
  'g'.repeat(40),
  'g'.repeat(64),
  null,
  undefined,
  0,
  {},
  ['a'.repeat(64)],
  new String('a'.repeat(64)),
]

describe('ids from outside', () => {
  it('[T5] a root is 64 hex digits in lower case', () => {
    expect(isRoot('0123456789abcdef'.repeat(4))).toBe(true)
    for (const wrong of [...wrongTexts, 'a'.repeat(63), 'a'.repeat(65), 'A'.repeat(64), `${'a'.repeat(64)}\n`]) {
      expect(isRoot(wrong)).toBe(false)
    }
  })

  it('[T5] a swarm’s name is 40 hex digits in lower case', () => {
    expect(isSwarmId('0123456789abcdef0123456789abcdef01234567')).toBe(true)
    for (const wrong of [...wrongTexts, 'a'.repeat(39), 'a'.repeat(41), 'A'.repeat(40), `\n${'a'.repeat(40)}`]) {
      expect(isSwarmId(wrong)).toBe(false)
    }
  })

  it('[T5] a peer’s id is 22 digits of base64url', () => {
    expect(isPeerId('AZaz09-_AZaz09-_AZaz09')).toBe(true)
    for (const wrong of [
      ...wrongTexts,
      'a'.repeat(21),
      'a'.repeat(23),
      'a'.repeat(21).concat('+'),
      `${'a'.repeat(22)}\n`,
    ]) {
      expect(isPeerId(wrong)).toBe(false)
    }
  })
})

it('[M17] a swarm is named by the first 20 bytes of a SHA-256 over a prefix and the root', () => {
  const root = 'd9fcb1b3b4d6a8252a562cb154ece68eb4af9cf2db4aea967949f477bd267f87' as Root
  const defined = createHash('sha256').update('nearcast swarm 1\n').update(Buffer.from(root, 'hex')).digest('hex')
  expect(swarmIdOf(root, sha256)).toBe(defined.slice(0, 40))
  expect(swarmIdOf(root, sha256)).toBe('9410a0bf0797cf7650fe1f90f5b5c87d1bc90c9e')
})
