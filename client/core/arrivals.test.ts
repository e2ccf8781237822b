import { describe, expect, it } from 'vitest'
import { KiB } from '../../shared/limits.ts'
import { EngineDriver, flip, peerId } from '../../test/fakes/engine-driver.ts'

const kept = (driver: EngineDriver) => driver.all('keep').map(({ index, source }) => `${index} ${source}`)

describe('chunks as they arrive', () => {
  it('[C1] nothing is kept before its hash is back, and nothing that another hash comes back for', () => {
    const driver = new EngineDriver({ isManual: true, chunkCount: 1 })
    driver.open(true)
    driver.want()
    driver.feed(1, 0, 64 * KiB)
    const [digest] = driver.all('digest')
    expect(kept(driver)).toEqual([])
    const { swarm, index, bytes } = digest!
    driver.give({ type: 'digested', swarm, index, bytes, hash: new Uint8Array(32) })
    expect(kept(driver)).toEqual([])
  })

  it('[C1] a hash counts only for the bytes that it was taken of', () => {
    const driver = new EngineDriver({ isManual: true, chunkCount: 1 })
    driver.open(true)
    driver.want()
    driver.feed(1, 0, 64 * KiB)
    const [right] = driver.all('digest')
    driver.give({ type: 'shut', swarm: driver.file.swarm })
    const run = driver.open(true)!
    driver.want()
    driver.feed(run, 0, 64 * KiB, flip)
    driver.digest(right!)
    expect(kept(driver)).toEqual([])
  })

  it('[C2] a wrong chunk from the origin is fetched again, and the right one is kept', () => {
    const driver = new EngineDriver()
    driver.open(true)
    driver.want()
    driver.feed(1, 0, 64 * KiB, flip)
    driver.feed(1, 64 * KiB, 512 * KiB)
    driver.give({ type: 'runEnded', run: 1 })
    const [again] = driver.all('openRun')
    expect(again).toMatchObject({ from: 0, to: 64 * KiB })
    driver.serve(again!)
    expect(kept(driver).sort()).toEqual(driver.indexes.map((index) => `${index} origin`))
    expect(driver.all('failed')).toEqual([])
  })

  it('[C2] the third time a chunk comes wrong from the origin, the file fails with corrupt-origin', () => {
    const driver = new EngineDriver({ chunkCount: 1 })
    driver.open()
    driver.want()
    for (let time = 0; time < 3; time++) {
      const { run, to } = driver.all('openRun')[time]!
      driver.feed(run, 0, to, flip)
      driver.give({ type: 'runEnded', run })
    }
    expect(driver.all('failed')).toMatchObject([{ code: 'corrupt-origin' }])
    expect(kept(driver)).toEqual([])
    driver.pass(60_000)
    expect(driver.all('openRun')).toHaveLength(3)
  })

  it('[C2] what the origin only has wrong still comes from a peer that has it right', () => {
    const driver = new EngineDriver({ chunkCount: 1 })
    driver.start()
    for (let time = 0; time < 2; time++) {
      const wrong = driver.all('openRun')[time]!.run
      driver.feed(wrong, 0, 64 * KiB, flip)
      driver.give({ type: 'runEnded', run: wrong })
    }
    const { run } = driver.all('openRun')[2]!
    driver.feed(run, 0, 32 * KiB, flip)
    const a = driver.meet('a')
    driver.feed(run, 32 * KiB, 64 * KiB)
    expect(driver.all('failed')).toEqual([])
    expect(a.asked).toEqual([0])
    a.send(0)
    expect(kept(driver)).toEqual([`0 ${a.id}`])
  })

  it('[C3] a peer that sends a wrong chunk is told bye and cut off, and the chunk comes from elsewhere', () => {
    const driver = new EngineDriver({ mode: 'frugal' })
    driver.start()
    driver.dropRuns()
    const liar = driver.meet('liar')
    liar.send(liar.asked[0]!, flip)
    expect(liar.heard('bye')).toEqual([{ type: 'bye', reason: 'violation' }])
    expect(liar.isLinked).toBe(false)
    expect(kept(driver)).toEqual([])
    const honest = driver.meet('honest')
    for (let at = 0; at < honest.asked.length; at++) honest.send(honest.asked[at]!)
    expect(kept(driver)).toContain(`${liar.asked[0]} ${honest.id}`)
  })

  it('[C3] a liar is never called again, nor its call taken', () => {
    const driver = new EngineDriver()
    driver.start()
    const liar = driver.meet('liar')
    liar.send(liar.asked[0]!, flip)
    driver.forget()
    driver.pass(3_600_000)
    driver.introduce([liar.id])
    const offer = { session: 's', description: { type: 'offer' as const, sdp: 'x' } }
    driver.tracker({ type: 'signal', from: liar.id, tier: 'network', signal: offer })
    expect(driver.all('dial')).toEqual([])
  })

  it('[C3] a liar that hangs up before its lie is found out is banned all the same', () => {
    const driver = new EngineDriver({ isManual: true })
    driver.start()
    const liar = driver.meet('liar')
    liar.send(liar.asked[0]!, flip)
    driver.give({ type: 'linkClosed', peer: liar.id })
    for (const digest of driver.all('digest')) driver.digest(digest)
    driver.forget()
    driver.pass(120_000)
    driver.introduce([liar.id])
    expect(driver.all('dial')).toEqual([])
  })

  it('[C3] a peer introduced twice and found to lie meanwhile is not called from the waiting list', () => {
    const driver = new EngineDriver({ linkCountMax: 2 })
    driver.start()
    const liar = driver.meet('liar')
    driver.meet('b')
    driver.introduce([peerId('c'), peerId('d')])
    liar.send(liar.asked[0]!, flip)
    driver.pass(1_000)
    expect(driver.all('dial').filter(({ peer }) => peer === liar.id)).toHaveLength(1)
  })

  it('[C4] what the store has is asked of nobody, also when it says so late', () => {
    const driver = new EngineDriver({ isManual: true })
    driver.open(true)
    driver.want()
    driver.feed(1, 0, 64 * KiB)
    driver.give({ type: 'held', swarm: driver.file.swarm, indexes: [0, 1, 2] })
    for (const digest of driver.all('digest')) driver.digest(digest)
    expect(kept(driver)).toEqual([])
    driver.feed(1, 64 * KiB, 128 * KiB)
    expect(driver.all('closeRun')).toMatchObject([{ run: 1 }])
    expect(driver.all('openRun')).toMatchObject([{ from: 192 * KiB }])
  })

  it('[C5] the first chunk leaves leaf by leaf, each once the manifest has confirmed it', () => {
    const driver = new EngineDriver({ isManual: true })
    driver.open(true)
    driver.want('stream')
    driver.feed(1, 0, 40 * KiB)
    const leaves = driver.all('digestLeaf')
    expect(leaves.map(({ leaf }) => leaf)).toEqual([0, 1])
    const { swarm, leaf, bytes } = leaves[1]!
    driver.give({ type: 'leafDigested', swarm, leaf, bytes, hash: new Uint8Array(32).fill(1) })
    expect(driver.all('release')).toEqual([])
    driver.give({ type: 'leafDigested', swarm, leaf, bytes, hash: driver.file.manifest.head.slice(32, 64) })
    expect(driver.all('release')).toMatchObject([{ from: 16 * KiB, bytes }])
  })

  it('[C6] a store without room for a whole download ends it with storage, in place of fetching for ever', () => {
    const driver = new EngineDriver()
    driver.open(true)
    driver.want()
    driver.feed(1, 0, 256 * KiB)
    driver.give({ type: 'lost', swarm: driver.file.swarm, index: 0, isFull: true })
    expect(driver.all('failed')).toMatchObject([{ code: 'storage' }])
    driver.pass(60_000)
    expect(driver.all('openRun')).toEqual([])
  })

  it('[C6] a stream goes on when the store gives up what its reader has passed', () => {
    const driver = new EngineDriver()
    driver.open(true)
    driver.want('stream')
    driver.feed(1, 0, 256 * KiB)
    driver.give({ type: 'reading', swarm: driver.file.swarm, want: 1, position: 200 * KiB })
    driver.give({ type: 'lost', swarm: driver.file.swarm, index: 0, isFull: true })
    expect(driver.all('failed')).toEqual([])
  })

  it('[C10] while verified bytes wait for the store nobody is asked for more, and then all are again', () => {
    const driver = new EngineDriver({ chunkCount: 64 })
    driver.start()
    driver.give({ type: 'pressure', on: true })
    driver.forget()
    const a = driver.meet('a')
    driver.dropRuns()
    driver.pass(5_000)
    expect(a.asked).toEqual([])
    expect(driver.all('openRun')).toEqual([])
    driver.give({ type: 'pressure', on: false })
    expect(a.asked.length).toBeGreaterThan(0)
  })

  it('[C10] chunks that wait for their hashes are limited too', () => {
    const driver = new EngineDriver({ isManual: true, chunkCount: 1024, chunkBytes: 64 * KiB, mode: 'frugal' })
    driver.start()
    const a = driver.meet('a')
    let sent = 0
    for (let round = 0; round < 600; round++) {
      const { asked } = a
      if (asked.length === sent) break
      for (; sent < asked.length; sent++) a.send(asked[sent]!)
    }
    expect(sent).toBeLessThanOrEqual((32 * 1024 + 4 * 1024) / 64)
    expect(driver.engine.isPressed).toBe(true)
    for (const digest of driver.all('digest')) driver.digest(digest)
    expect(driver.engine.isPressed).toBe(false)
    expect(a.asked.length).toBeGreaterThan(sent)
  })
})
