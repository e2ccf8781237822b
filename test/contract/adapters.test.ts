/** The contracts on what runs in Node: the fakes, and those adapters that need no browser. */
import { afterAll, beforeAll, describe, it } from 'vitest'
import { createHttpSource } from '../../client/shell/http-source.ts'
import { MemoryStore } from '../../client/shell/memory-store.ts'
import { createWebHasher } from '../../client/shell/web-hasher.ts'
import { MiB } from '../../shared/limits.ts'
import { listen, type PageServer } from '../browser/page-server.ts'
import { lyingOrigin } from '../fakes/lying-origin.ts'
import { createMemoryDialer } from '../fakes/memory-link.ts'
import { chunkStoreContract } from './chunk-store.ts'
import type { ContractCase } from './contract.ts'
import { hasherContract } from './hasher.ts'
import { httpSourceContract } from './http-source.ts'
import { linkContract } from './link.ts'

const register = (cases: ContractCase[]) => {
  for (const { name, run } of cases) it(name, run)
}

describe('Link in memory', () => register(linkContract(createMemoryDialer)))

describe('ChunkStore in memory', () => register(chunkStoreContract(async () => new MemoryStore(64 * MiB))))

describe('Hasher with the platform’s digests', () => register(hasherContract(() => createWebHasher())))

describe('Hasher in an insecure context', () => register(hasherContract(() => createWebHasher(null))))

describe('HttpSource over fetch', () => {
  let origin: PageServer
  let other: PageServer
  beforeAll(async () => {
    origin = await listen(lyingOrigin)
    other = await listen(lyingOrigin)
  })
  afterAll(async () => {
    await Promise.all([origin.close(), other.close()])
  })
  // Names are needed before there is a server, cases after.
  for (const [i, { name }] of httpSourceContract(createHttpSource, '', '').entries()) {
    it(name, () => httpSourceContract(createHttpSource, origin.origin, other.origin)[i]!.run())
  }
})
