/** Mirrors, right and wrong: what a program gets when the file's own host dies, and when a mirror lies. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createNodeClient } from '../../client/node.ts'
import type { Bytes } from '../../shared/bytes.ts'
import type { Manifest } from '../../shared/manifest.ts'
import { type PageOrigin, startPageOrigin } from '../fakes/page-origin.ts'
import { sampleBytes } from '../fakes/sample-file.ts'
import { signManifest, siteKey } from '../fakes/signed-manifest.ts'

const file = sampleBytes(600_000)
const key = siteKey()
let own: PageOrigin
let mirror: PageOrigin
let liar: PageOrigin

beforeEach(async () => {
  ;[own, mirror, liar] = await Promise.all([startPageOrigin(), startPageOrigin(), startPageOrigin()])
  mirror.publish('/copies/file.bin', file)
  liar.publish('/copies/file.bin', file.map((byte) => byte ^ 1) as Bytes)
})
afterEach(() => Promise.all([own.close(), mirror.close(), liar.close()]))

const places = () => [liar, mirror].map(({ url }) => `${url}/copies/file.bin`)
const withMirrors = (manifest: Manifest): Manifest => ({ ...manifest, mirrors: places() })

/** The own host sends so many bytes and dies. */
function dieAfter(count: number): void {
  own.answers.set('/file.bin', (_, response) => {
    response.writeHead(200, { 'content-length': file.length })
    response.write(file.subarray(0, count), () => {
      response.destroy()
      own.answers.set('/file.bin', (__, next) => void next.destroy())
    })
  })
}

async function download(options: Parameters<typeof createNodeClient>[0] = {}) {
  const client = createNodeClient(options)
  const download = client.download(`${own.url}/file.bin`)
  try {
    await download.done
    const bytes = Buffer.from(await (await download.blob()).arrayBuffer())
    return { isRight: bytes.equals(file), progress: download.progress() }
  } finally {
    await client.close()
  }
}

describe('a file whose manifest names mirrors', () => {
  it('[C67] goes on at them when its own host dies, past one that lies, and no wrong byte is seen', async () => {
    own.publish('/file.bin', file, { finish: withMirrors })
    dieAfter(200_000)
    expect(await download()).toMatchObject({ isRight: true, progress: { bytes: { origin: 600_000 } } })
    expect(mirror.asked.length).toBeGreaterThan(0)
  })

  it('[C67] comes from its own host alone while that works', async () => {
    own.publish('/file.bin', file, { finish: withMirrors })
    expect(await download()).toMatchObject({ isRight: true })
    expect([mirror.asked, liar.asked]).toEqual([[], []])
  })

  it('[M28] names them under its signature, where it is signed', async () => {
    const signed = (manifest: Manifest) => signManifest(withMirrors(manifest), { key })
    own.publish('/file.bin', file, { finish: signed })
    expect((await download({ key: key.publicText })).progress.verified).toBe(true)
    own.publish('/file.bin', file, { finish: (manifest) => ({ ...signed(manifest), mirrors: [places()[0]!] }) })
    expect((await download({ key: key.publicText })).progress.plainReason).toContain('another one than was signed')
  })

  it.each(['ftp://x.example/a', '/a', 'https://x.example', 'https://u:p@x.example/a', 'https://x.example/a#b'])(
    '[M28] is refused with the mirror %s',
    async (wrong) => {
      own.publish('/file.bin', file, { finish: (manifest) => ({ ...manifest, mirrors: [wrong] }) })
      expect((await download()).progress.plainReason).toContain('wrong field: mirrors')
    },
  )
})

describe('mirrors that whoever made the client names', () => {
  it('[C68] give a file and its manifest whose own host does not answer at all', async () => {
    own.answers.set('/file.bin', (_, response) => void response.destroy())
    own.answers.set('/file.bin.nearcast.json', (_, response) => void response.destroy())
    mirror.publish('/file.bin', file, { finish: (manifest) => signManifest(manifest, { key }) })
    const options = { mirrors: [`${mirror.url}/`], key: key.publicText, unsigned: 'error' as const }
    expect(await download(options)).toMatchObject({ isRight: true, progress: { verified: true } })
  })

  it('[C68] that are none are refused by name', () => {
    for (const wrong of ['https://x.example', [5], ['x'], ['https://x.example'], ['https://x.example/?a/']]) {
      expect(() => createNodeClient({ mirrors: wrong as string[] })).toThrow('mirrors is')
    }
  })
})
