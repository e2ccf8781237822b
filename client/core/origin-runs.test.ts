import { describe, expect, it } from 'vitest'
import { KiB, MiB } from '../../shared/limits.ts'
import { EngineDriver } from '../../test/fakes/engine-driver.ts'

/** A file of 64 MiB in chunks of 1 MiB: twice a stream's window. */
const long = (order: 'stream' | 'bulk' = 'stream') => {
  const driver = new EngineDriver({ chunkCount: 64, chunkBytes: 1 * MiB })
  driver.open(true)
  driver.want(order)
  return driver
}

/** Brings all that is asked of the origin, also what is asked when that is here. */
function answerRuns(driver: EngineDriver): void {
  for (let at = 0; at < driver.all('openRun').length; at++) driver.serve(driver.all('openRun')[at]!)
}

describe('the origin', () => {
  it('[S8] alone, it is asked once for everything, and every chunk is kept', () => {
    const driver = new EngineDriver()
    driver.open()
    driver.want()
    const [run] = driver.all('openRun')
    expect(run).toMatchObject({ from: 0, to: 512 * KiB })
    driver.serve(run!)
    expect(driver.all('keep')).toHaveLength(8)
    expect(driver.all('openRun')).toHaveLength(1)
  })

  it('[S8] the answer that was under way before the file was known goes on, also before anyone wants it', () => {
    const driver = new EngineDriver()
    driver.open(true)
    driver.feed(1, 0, 64 * KiB)
    driver.give({ type: 'held', swarm: driver.file.swarm, indexes: [] })
    driver.want('stream')
    driver.feed(1, 64 * KiB, 512 * KiB)
    expect(driver.all('keep')).toHaveLength(8)
    expect(driver.all('openRun')).toEqual([])
  })

  it('[S8] failures are tried again later and later, and after eight with no other source the file fails', () => {
    const driver = new EngineDriver()
    driver.open()
    driver.want()
    const times: number[] = []
    while (driver.all('failed').length === 0 && times.length < 20) {
      for (const run of [...driver.swarm.runs.keys()]) {
        times.push(driver.now)
        driver.failRun(run)
      }
      driver.pass(100)
    }
    expect(times).toHaveLength(8)
    const gaps = times.slice(1).map((at, place) => at - times[place]!)
    expect(gaps.at(-1)).toBeGreaterThan(4 * gaps[0]!)
    expect(driver.all('failed')).toMatchObject([{ code: 'network', reason: 'down' }])
  })

  it('[S8] what the origin asks for in Retry-After is obeyed', () => {
    const driver = new EngineDriver()
    driver.open()
    driver.want()
    driver.failRun(driver.all('openRun')[0]!.run, { retryAfterMs: 30_000 })
    driver.forget()
    driver.pass(29_900)
    expect(driver.all('openRun')).toEqual([])
    driver.pass(200)
    expect(driver.all('openRun')).toHaveLength(1)
  })

  it('[S8] an origin that asks to wait for a day has said no, when nobody else serves', () => {
    const driver = new EngineDriver()
    driver.open()
    driver.want()
    driver.failRun(driver.all('openRun')[0]!.run, { retryAfterMs: 86_400_000 })
    expect(driver.all('failed')).toMatchObject([{ code: 'network' }])
  })

  it('[S8] with a peer that serves, an origin that is down ends nothing', () => {
    const driver = new EngineDriver({ chunkCount: 64 })
    driver.start()
    const a = driver.meet('a')
    let sent = 0
    for (let second = 0; second < 60; second++) {
      for (const run of [...driver.swarm.runs.keys()]) driver.failRun(run)
      if (second % 2 === 0) a.send(a.asked[sent++]!)
      driver.pass(1_000)
    }
    expect(driver.all('failed')).toEqual([])
    expect(driver.all('openRun').length).toBeGreaterThan(8)
    expect(driver.all('keep')).toHaveLength(sent)
  })

  it('[S8] a body that ends early is gone on with from where it ended', () => {
    const driver = new EngineDriver()
    driver.open(true)
    driver.want()
    driver.feed(1, 0, 200 * KiB)
    driver.give({ type: 'runEnded', run: 1 })
    driver.pass(1_000)
    expect(driver.all('openRun')).toMatchObject([{ from: 192 * KiB, to: 512 * KiB }])
    expect(driver.all('keep')).toHaveLength(3)
  })

  it('[S8] a body that goes on past the file is cut there', () => {
    const driver = new EngineDriver({ chunkCount: 2 })
    driver.open(true)
    driver.want()
    driver.feed(1, 0, 128 * KiB)
    expect(() => driver.give({ type: 'runBytes', run: 1, bytes: new Uint8Array(100_000) })).not.toThrow()
    expect(driver.all('keep')).toHaveLength(2)
    expect(driver.all('failed')).toEqual([])
  })

  it('[S8] an answer that falls silent is given up after 15 s and asked for again', () => {
    const driver = new EngineDriver()
    driver.open(true)
    driver.want()
    driver.feed(1, 0, 64 * KiB)
    driver.pass(17_000)
    expect(driver.all('closeRun')).toMatchObject([{ run: 1 }])
    expect(driver.all('openRun')).toMatchObject([{ from: 64 * KiB }])
  })

  it('[S8] silence while the store is behind is no fault', () => {
    const driver = new EngineDriver()
    driver.open(true)
    driver.want()
    driver.give({ type: 'pressure', on: true })
    driver.pass(60_000)
    driver.give({ type: 'pressure', on: false })
    driver.pass(10_000)
    expect(driver.all('closeRun')).toEqual([])
  })

  it('[C7] a file that changed on the server fails with file-changed, and a later reader begins anew', () => {
    const driver = new EngineDriver()
    driver.open(true)
    driver.want()
    driver.failRun(1, { retry: false, changed: true, reason: 'another ETag' })
    expect(driver.all('failed')).toMatchObject([{ code: 'file-changed' }])
    driver.unwant()
    driver.want('bulk', 0, 512 * KiB, 2)
    expect(driver.all('openRun')).toHaveLength(1)
  })

  it('[C7] an origin that refuses for good fails the file at once when there are no peers to be had', () => {
    const driver = new EngineDriver({ tracker: false })
    driver.open(true)
    driver.want()
    driver.failRun(1, { retry: false, reason: 'status 404' })
    expect(driver.all('failed')).toMatchObject([{ code: 'http-status', reason: 'status 404' }])
  })

  it('[C7] gone from the origin, a file still comes from the peers that have it', () => {
    const driver = new EngineDriver({ chunkCount: 16 })
    driver.start()
    driver.failRun(driver.all('openRun')[0]!.run, { retry: false, reason: 'status 404' })
    driver.pass(5_000)
    expect(driver.all('failed')).toEqual([])
    const a = driver.meet('a')
    for (let at = 0; at < a.asked.length; at++) a.send(a.asked[at]!)
    expect(driver.swarm.have.isFull).toBe(true)
    expect(driver.all('failed')).toEqual([])
    expect(driver.all('openRun')).toHaveLength(1)
  })

  it('[C7] gone from the origin, and no peer for a while: it fails', () => {
    const driver = new EngineDriver()
    driver.start()
    driver.failRun(driver.all('openRun')[0]!.run, { retry: false, reason: 'status 404' })
    driver.pass(25_000)
    expect(driver.all('failed')).toMatchObject([{ code: 'http-status' }])
    expect(driver.all('openRun')).toHaveLength(1)
  })

  it('[S9] the answer without a bound gives way when peers bring something, at the end of a chunk', () => {
    const driver = new EngineDriver({ mode: 'frugal', chunkCount: 64 })
    driver.start()
    const { run } = driver.all('openRun')[0]!
    driver.feed(run, 0, 96 * KiB)
    const a = driver.meet('a')
    a.send(a.asked[0]!)
    driver.feed(run, 96 * KiB, 128 * KiB)
    expect(driver.all('closeRun')).toEqual([])
    driver.feed(run, 128 * KiB, 144 * KiB)
    expect(driver.all('closeRun')).toMatchObject([{ run }])
  })

  it('[S9] frugal asks the origin for nothing that a peer delivers', () => {
    const driver = new EngineDriver({ mode: 'frugal', chunkCount: 64 })
    driver.start()
    driver.dropRuns()
    const a = driver.meet('a')
    for (let at = 0; at < a.asked.length; at++) {
      a.send(a.asked[at]!)
      driver.pass(50)
    }
    expect(driver.swarm.have.isFull).toBe(true)
    expect(driver.all('openRun')).toEqual([])
  })

  it('[S9] frugal asks the origin for what no peer has, and for no more', () => {
    const driver = new EngineDriver({ mode: 'frugal', chunkCount: 64 })
    driver.start()
    driver.dropRuns()
    const a = driver.meet('a', driver.indexes.slice(0, 60))
    for (let at = 0; at < 60; at++) {
      a.send(a.asked[at]!)
      driver.pass(50)
    }
    answerRuns(driver)
    const asked = driver
      .all('openRun')
      .flatMap(({ from, to }) => driver.indexes.slice(from / (64 * KiB), to / (64 * KiB)))
    expect(asked).toEqual([60, 61, 62, 63])
  })

  it('[S9] frugal turns to the origin for what its only holder has kept back', () => {
    const driver = new EngineDriver({ mode: 'frugal', chunkCount: 8 })
    driver.start()
    driver.dropRuns()
    driver.meet('silent', [0, 1, 2, 3])
    driver.meet('other', [4])
    driver.pass(50)
    answerRuns(driver)
    driver.pass(5_000)
    answerRuns(driver)
    const asked = driver.all('openRun').map(({ from }) => from / (64 * KiB))
    expect(asked).toContain(0)
  })

  it('[S9] balanced asks the origin too while all sources together stay below 0.8 of the HTTP rate seen', () => {
    const driver = new EngineDriver({ mode: 'balanced', chunkCount: 64 })
    driver.start()
    const { run } = driver.all('openRun')[0]!
    for (let at = 0; at < 10; at++) {
      driver.feed(run, at * 64 * KiB, (at + 1) * 64 * KiB)
      driver.pass(50)
    }
    const a = driver.meet('a')
    a.send(a.asked[0]!)
    driver.feed(run, 640 * KiB, 704 * KiB)
    driver.forget()
    // The peer delivers as fast as HTTP did: the origin rests.
    const sendFor = (ms: number, everyMs: number) => {
      for (const end = driver.now + ms; driver.now < end; driver.pass(everyMs)) {
        const next = [...driver.engine.core.remotes.values()][0]!.transfers.get(driver.file.swarm)?.keys().next().value
        if (next !== undefined) a.send(next)
      }
    }
    sendFor(1_000, 50)
    expect(driver.all('openRun')).toEqual([])
    sendFor(2_500, 250)
    expect(driver.all('openRun').length).toBeGreaterThan(0)
  })

  it('[S13] fastest goes on with the origin at full speed when peers come', () => {
    const driver = new EngineDriver({ mode: 'fastest', chunkCount: 64 })
    driver.start()
    const { run } = driver.all('openRun')[0]!
    driver.feed(run, 0, 64 * KiB)
    const a = driver.meet('a', [60, 61, 62, 63])
    expect(a.asked.length).toBeGreaterThan(0)
    driver.feed(run, 64 * KiB, 640 * KiB)
    expect(driver.all('keep').filter(({ source }) => source === 'origin')).toHaveLength(10)
    expect(driver.all('closeRun')).toEqual([])
  })

  it('[S10] what a stream waits for and a peer keeps is asked of the origin as well, and whoever is first has it', () => {
    const driver = new EngineDriver({ mode: 'frugal', chunkCount: 64 })
    driver.start('stream')
    driver.dropRuns()
    const a = driver.meet('a')
    driver.pass(1_000)
    const [hedge] = driver.all('openRun')
    expect(hedge).toMatchObject({ from: 0, to: 64 * KiB })
    driver.serve(hedge!)
    expect(driver.all('keep')).toMatchObject([{ index: 0, source: 'origin' }])
    expect(a.heard('cancel')).toMatchObject([{ index: 0 }])
    expect(driver.all('openRun').filter(({ from }) => from === 0)).toHaveLength(1)
  })

  it('[S10] when the peer is first after all, the origin is told to stop', () => {
    const driver = new EngineDriver({ mode: 'frugal', chunkCount: 64 })
    driver.start('stream')
    driver.dropRuns()
    const a = driver.meet('a')
    driver.pass(1_000)
    const [hedge] = driver.all('openRun')
    driver.feed(hedge!.run, 0, 16 * KiB)
    a.send(0)
    expect(driver.all('keep')).toMatchObject([{ index: 0, source: a.id }])
    expect(driver.all('closeRun')).toMatchObject([{ run: hedge!.run }])
  })

  it('[S10] the last chunk that a peer keeps is asked of the origin as well', () => {
    const driver = new EngineDriver({ mode: 'frugal', chunkCount: 2 })
    driver.start()
    driver.dropRuns()
    const a = driver.meet('a')
    a.send(a.asked[0]!)
    driver.pass(2_500)
    expect(driver.all('openRun')).toHaveLength(1)
    driver.serve(driver.all('openRun')[0]!)
    expect(driver.swarm.have.isFull).toBe(true)
  })

  it('[C9] a stream is fetched 32 MiB ahead of its reader and no further', () => {
    const driver = long()
    driver.feed(1, 0, 33 * MiB)
    expect(driver.all('keep')).toHaveLength(32)
    expect(driver.all('closeRun')).toMatchObject([{ run: 1 }])
    driver.pass(60_000)
    expect(driver.all('openRun')).toEqual([])
  })

  it('[C9] once half of that is read, it goes on in one request', () => {
    const driver = long()
    driver.feed(1, 0, 33 * MiB)
    for (let position = 1; position <= 20; position++) {
      driver.give({ type: 'reading', swarm: driver.file.swarm, want: 1, position: position * MiB })
      driver.pass(100)
    }
    expect(driver.all('openRun')).toMatchObject([{ from: 32 * MiB, to: 64 * MiB }])
  })

  it('[C9] a download is fetched whole, whoever reads', () => {
    const driver = long('bulk')
    driver.feed(1, 0, 64 * MiB)
    expect(driver.swarm.have.isFull).toBe(true)
  })

  it('[C9] with nobody left who wants the file, its answers end', () => {
    const driver = long()
    driver.feed(1, 0, 1 * MiB)
    driver.unwant()
    expect(driver.all('closeRun')).toMatchObject([{ run: 1 }])
    driver.pass(10_000)
    expect(driver.all('openRun')).toEqual([])
  })

  it('[C9] one of two readers ends: the other goes on undisturbed', () => {
    const driver = long()
    driver.want('bulk', 0, 64 * MiB, 2)
    driver.feed(1, 0, 1 * MiB)
    driver.unwant(1)
    driver.feed(1, 1 * MiB, 64 * MiB)
    expect(driver.swarm.have.isFull).toBe(true)
    expect(driver.all('openRun')).toEqual([])
  })
})
