import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { farAddress } from '../../test/fakes/tracker-crowd.ts'
import { asBytes, hashA, nameOf, offerIdOf, WebTorrentCrowd } from '../../test/fakes/webtorrent-crowd.ts'
import { binaryIdOf, hexOf, writtenId } from './binary-id.ts'
import { type Announce, WebTorrentReader } from './webtorrent-messages.ts'

const reader = new WebTorrentReader()
const read = (message: object | string) =>
  reader.read(asBytes(typeof message === 'string' ? message : JSON.stringify(message)))

const announce = { action: 'announce', info_hash: hashA, peer_id: nameOf(1) }
const withSdp = (sdp: string) => ({ ...announce, offers: [{ offer: { type: 'offer', sdp }, offer_id: offerIdOf(1) }] })

function offerOf(message: object | string): string | undefined {
  const result = read(message)
  return result.ok ? (result.value as Announce).offers[0]?.sdp : undefined
}

describe('a message of a WebTorrent client', () => {
  it('[T246] may have fields that nobody knows, in any order and with any spaces', () => {
    const text = ` { "x" : [1, {"y":[]}, "z\\"", null, -1.5e3, true ] , ${JSON.stringify(announce).slice(1, -1)} } `
    expect(read(text)).toMatchObject({ ok: true, value: { action: 'announce', event: 'update', offers: [] } })
  })

  it('[T246] has a description passed on as it was written', () => {
    expect(offerOf(withSdp('v=0\r\ns="-"\\\r\n'))).toBe('v=0\\r\\ns=\\"-\\"\\\\\\r\\n')
    expect(offerOf(withSdp('s=\u00e9\u4e16'))).toBe(asBytes('s=\u00e9\u4e16'))
  })

  it('[T246] has no description that is too long, empty, or hides letters in escapes', () => {
    expect(offerOf(withSdp('x'.repeat(8192)))).toHaveLength(8192)
    expect(read(withSdp('x'.repeat(8193)))).toMatchObject({ ok: false })
    expect(read(withSdp(''))).toMatchObject({ ok: false })
    const hidden = JSON.stringify(withSdp('v=0\r\nXcandidate:1')).replace('Xc', '\\u0061=c')
    expect(read(hidden)).toMatchObject({ ok: false })
  })

  it('[T246] is refused when it is not JSON, wherever it is broken', () => {
    const text = JSON.stringify(withSdp('v=0\r\n'))
    for (let end = 0; end < text.length; end++) expect(read(text.slice(0, end)).ok).toBe(false)
    for (const broken of [`${text}x`, text.replace('v=0', 'v=0\n'), text.replace('v=0', '\\x'), '[]', '""', '', '1'])
      expect(read(broken).ok, broken).toBe(false)
    expect(read(`{"a":${'['.repeat(5_000)}`).ok).toBe(false)
  })

  it('[T250] reads any bytes as JSON does, or refuses them', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const fields = `{"any":${json},${JSON.stringify(announce).slice(1)}`
        expect(read(fields).ok).toBe(true)
      }),
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        reader.read(text)
      }),
    )
    const text = JSON.stringify(withSdp('v=0\r\na=candidate:1 \\ "x"\r\n'))
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 3 }), (at, put) => {
        const changed = text.slice(0, at) + put + text.slice(at + put.length)
        if (!read(changed).ok) return
        expect(() => JSON.parse(changed)).not.toThrow()
        const sdp = offerOf(changed)
        if (sdp !== undefined) expect(() => JSON.parse(`"${sdp}"`)).not.toThrow()
      }),
      { numRuns: 500 },
    )
  })
})

describe('the examples of docs/PROTOCOL.md', () => {
  const text = readFileSync(new URL('../../docs/PROTOCOL.md', import.meta.url), 'utf8')
  const examplesOf = (side: string) =>
    [...text.matchAll(/^```json webtorrent (\w+)\n(.*?)^```/gms)]
      .filter(([, of]) => of === side)
      .map(([, , json]) => json!)

  it('[T246] are what a client may say', () => {
    const [announce, answer, scrape, ...others] = examplesOf('client').map((json) => read(json))
    expect(announce).toMatchObject({ ok: true, value: { action: 'announce', event: 'started', want: 1 } })
    expect(answer).toMatchObject({ ok: true, value: { action: 'answer' } })
    expect(scrape).toMatchObject({ ok: true, value: { action: 'scrape' } })
    expect(others).toEqual([])
  })

  it('[T241] are what the tracker says to it', () => {
    const [announce, answer, scrape] = examplesOf('client').map((json) => JSON.parse(json) as Record<string, unknown>)
    const [answered, offered, scraped, refused] = examplesOf('tracker').map((json) => JSON.parse(json) as unknown)
    const crowd = new WebTorrentCrowd()
    const [callee, caller, thief] = [1, 2, 3].map((i) => crowd.connect(farAddress(i))) as [number, number, number]
    crowd.say(callee, { ...announce, peer_id: answer!.peer_id, offers: [] })
    expect(crowd.say(caller, announce!).map(({ told }) => told)).toEqual([answered, offered])
    const { peer_id, to_peer_id, ...passed } = answer!
    expect(to_peer_id).toBe(announce!.peer_id)
    expect(crowd.say(callee, answer!)).toEqual([{ to: caller, told: { ...passed, peer_id } }])
    expect(crowd.say(caller, scrape!).map(({ told }) => told)).toEqual([scraped])
    expect(crowd.say(thief, announce!).map(({ told }) => told)).toEqual([refused])
  })
})

describe('a name of 20 bytes', () => {
  it('[T248] reads back as it was printed, and as JSON prints it', () => {
    const id = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => String.fromCharCode(...bytes))
    fc.assert(
      fc.property(id, (name) => {
        const written = asBytes(JSON.stringify(name).slice(1, -1))
        expect(binaryIdOf(written)).toBe(name)
        expect(writtenId(name as never)).toBe(written)
        expect(hexOf(name as never)).toBe(Buffer.from(name, 'latin1').toString('hex'))
      }),
    )
  })

  it.each(['', 'x'.repeat(19), 'x'.repeat(21), `${'x'.repeat(19)}\u0100`, '\u4e16'.repeat(20), '\\u0100'.repeat(20)])(
    '[T248] is not %j',
    (text) => expect(binaryIdOf(asBytes(text))).toBeUndefined(),
  )
})
