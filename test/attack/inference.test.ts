/** A7: who would know which visitors have a file, and has the file as well. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createNodeClient, type WebRtc } from '../../client/node.ts'
import { type SwarmId, swarmIdOf } from '../../shared/ids.ts'
import { parseManifest } from '../../shared/manifest.ts'
import { sha256 } from '../fakes/sample-file.ts'
import { serveOrigin } from '../fakes/served-origin.ts'
import { startTracker } from '../fakes/tracker-server.ts'

const ending: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end()
})

/** A tracker, and a visitor who has opened the file of a site with this key. */
async function visited(siteKey: Uint8Array | undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'nearcast-inference-'))
  ending.push(() => rmSync(folder, { recursive: true }))
  const site = join(folder, 'site')
  mkdirSync(site)
  writeFileSync(join(site, 'private.bin'), Buffer.alloc(200_000, 7))
  const tracker = await startTracker()
  ending.push(() => tracker.stop())
  const origin = await serveOrigin({ folder: site, siteKey })
  ending.push(() => origin.close())
  const url = `http://127.0.0.1:${origin.port}/private.bin`
  await origin.origin.warm('/private.bin')
  const { text } = await origin.get('/private.bin.nearcast.json')
  const manifest = parseManifest(text, sha256)
  if (!manifest.ok) throw new Error(manifest.violation)
  // No link is ever made here: to be named is what matters.
  const client = createNodeClient({ webRtc: {} as WebRtc, tracker: tracker.url, consent: 'granted' })
  ending.push(() => client.close())
  await client.download(url).done
  await expect.poll(() => tracker.tracker.stats().memberships).toBe(1)
  return { tracker, manifest: manifest.value }
}

/** How many are in a swarm, as an outsider finds. */
async function countIn(tracker: Awaited<ReturnType<typeof startTracker>>, swarm: SwarmId): Promise<number> {
  const { guest } = await tracker.guest()
  const { size } = await guest.join({ swarm, want: 8 })
  guest.socket.close()
  return size - 1
}

describe('an outsider who has the file', () => {
  it('[T133] finds its visitors where the name follows from the file', async () => {
    const { tracker, manifest } = await visited(undefined)
    expect(manifest.swarm).toBeUndefined()
    expect(await countIn(tracker, swarmIdOf(manifest.root, sha256))).toBe(1)
  })

  it('[T133] finds nobody where the site has a key; who was given the manifest does', async () => {
    const { tracker, manifest } = await visited(Buffer.alloc(32, 1))
    expect(await countIn(tracker, swarmIdOf(manifest.root, sha256))).toBe(0)
    expect(await countIn(tracker, manifest.swarm!)).toBe(1)
  })

  it('[T133] learns nothing from the site of another key, but that names of one site begin alike', async () => {
    const one = await visited(Buffer.alloc(32, 1))
    const other = await visited(Buffer.alloc(32, 2))
    expect(one.manifest.root).toBe(other.manifest.root)
    expect(one.manifest.swarm!.slice(0, 16)).not.toBe(other.manifest.swarm!.slice(0, 16))
    expect(one.manifest.swarm!.slice(16)).not.toBe(other.manifest.swarm!.slice(16))
  })
})
