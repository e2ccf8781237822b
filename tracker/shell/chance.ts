/** Chance that nobody can foresee, for what shall not be predictable from outside. */
import { randomBytes } from 'node:crypto'
import { createRng, type Rng } from '../../shared/rng.ts'

export function randomRng(): Rng {
  const seed = randomBytes(16)
  return createRng([seed.readUInt32LE(0), seed.readUInt32LE(4), seed.readUInt32LE(8), seed.readUInt32LE(12)])
}
