import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Bytes } from '../../shared/bytes.ts'
import type { SwarmId } from '../../shared/ids.ts'
import { ChunkHashes } from '../../shared/manifest.ts'
import { type PageOrigin, startPageOrigin } from '../../test/fakes/page-origin.ts'
import { sha256, syntheticManifest } from '../../test/fakes/sample-file.ts'
import { addressesAt } from './edge-address.ts'
import { OpenFile } from './open-file.ts'
import type { Vault } from './vault.ts'

let own: PageOrigin
let edge: PageOrigin
beforeEach(async () => {
  own = await startPageOrigin()
  edge = await startPageOrigin()
})
afterEach(() => Promise.all([own.close(), edge.close()]))

const { manifest, layer } = syntheticManifest(4_096)

function open(edges: readonly string[]): OpenFile {
  const hashes = new ChunkHashes(manifest, sha256)
  // Of its vault a file that nobody reads asks no more.
  const vault = { open() {} } as unknown as Vault
  const id = 'a'.repeat(40) as SwarmId
  const url = `${own.url}/long.bin`
  const elsewhere = () => addressesAt(url, edges)
  return new OpenFile({ url, id, manifest, hashes, etag: undefined, vault, elsewhere, mirrors: new Map() })
}

const pages = '/long.bin.nearcast.pages'

it('[T258] pages of hashes come from an edge where the file’s own server has gone, and are checked', async () => {
  own.answers.set(pages, (_, response) => void response.destroy())
  edge.publish(pages, layer)
  expect(await open([]).fetchPage(0)).toBe(false)
  expect(await open([`${edge.url}/`]).fetchPage(0)).toBe(true)
  const wrong: Bytes = layer.slice()
  wrong[100]! ^= 1
  edge.publish(pages, wrong)
  expect(await open([`${edge.url}/`]).fetchPage(0)).toBe(false)
})
