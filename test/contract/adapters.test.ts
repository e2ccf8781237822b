/** The contracts on what runs in Node: the fakes, and those adapters that need no browser. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { FileStore } from '../../client/node/file-store.ts'
import { nodeHasher } from '../../client/node/node-hasher.ts'
import { PartFile } from '../../client/node/part-file.ts'
import { loadWebRtc } from '../../client/node/web-rtc.ts'
import { createHttpSource } from '../../client/shell/http-source.ts'
import { createLanedDialer } from '../../client/shell/laned-dialer.ts'
import { MemoryStore } from '../../client/shell/memory-store.ts'
import { createSimplePeerDialer } from '../../client/shell/simple-peer-dialer.ts'
import { createWebHasher } from '../../client/shell/web-hasher.ts'
import { Geometry } from '../../shared/geometry.ts'
import type { Root } from '../../shared/ids.ts'
import { GiB, KiB, MiB } from '../../shared/limits.ts'
import { listen, type PageServer } from '../browser/page-server.ts'
import { lyingOrigin } from '../fakes/lying-origin.ts'
import { createMemoryDialer } from '../fakes/memory-link.ts'
import { chunkStoreContract } from './chunk-store.ts'
import type { ContractCase } from './contract.ts'
import { hasherContract } from './hasher.ts'
import { httpSourceContract } from './http-source.ts'
import { lanesContract } from './lanes.ts'
import { linkContract } from './link.ts'

const register = (cases: ContractCase[]) => {
  for (const { name, run } of cases) it(name, run)
}

describe('Link in memory', () => register(linkContract(createMemoryDialer)))

describe('[S61] [S62] Link with lanes in memory', () => {
  register(linkContract(() => createLanedDialer(createMemoryDialer())))
  register(lanesContract(createMemoryDialer))
})

describe('Link over simple-peer in Node', async () => {
  const webRtc = await loadWebRtc()
  if (typeof webRtc === 'string') throw new Error(`no WebRTC for Node here: ${webRtc}`)
  const dialer = createSimplePeerDialer({ iceServers: [], wrtc: webRtc })
  for (const { name, run } of linkContract(() => dialer)) it(name, { timeout: 30_000 }, run)

  describe('with lanes', () => {
    const cases = [...linkContract(() => createLanedDialer(dialer)), ...lanesContract(() => dialer)]
    for (const { name, run } of cases) it(name, { timeout: 30_000 }, run)
  })
})

describe('ChunkStore on files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nearcast-store-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  let stores = 0
  const openStore = async () => {
    const name = join(folder, String(stores++))
    const store = new FileStore((root, geometry) => PartFile.open(`${name}-${root.slice(0, 4)}`, root, geometry))
    // A file of sparse places for all the indexes that the contract names.
    for (const digit of 'ab') store.opened(digit.repeat(64) as Root, new Geometry(200 * GiB, 256 * KiB))
    return store
  }
  register(chunkStoreContract(openStore))
})

describe('ChunkStore in memory', () => register(chunkStoreContract(async () => new MemoryStore(64 * MiB))))

describe('Hasher with the platform’s digests', () => register(hasherContract(() => createWebHasher())))

describe('Hasher by Node', () => register(hasherContract(() => nodeHasher)))

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
