import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../shared/bytes.ts'
import type { SwarmId } from '../../shared/ids.ts'
import { slotCountMax } from '../../shared/limits.ts'
import { EngineDriver, Puppet, peerId } from '../../test/fakes/engine-driver.ts'
import { ModelFile } from '../../test/sim/model-file.ts'

const swarmNumber = (number: number) => number.toString(16).padStart(40, '0') as SwarmId
const other = swarmNumber(1)

const started = () => {
  const driver = new EngineDriver({ mode: 'frugal', chunkCount: 16 })
  driver.start()
  driver.dropRuns()
  return driver
}

const small = new ModelFile(65_536, 65_536)

function openOther(driver: EngineDriver, swarm: SwarmId): void {
  driver.give({ type: 'open', swarm, manifest: small.manifest, hashes: small.hashes })
}

const attach = (puppet: Puppet, swarm: SwarmId, slot: number) =>
  puppet.say({ type: 'attach', slot, swarm: fromHex(swarm)!, have: Uint8Array.of(0x80) })

describe('swarms on a link', () => {
  it('[S14] a peer of a swarm that this side is not in hears decline, and stays', () => {
    const driver = started()
    const a = driver.meet('a')
    attach(a, other, 9)
    expect(a.heard('decline')).toEqual([{ type: 'decline', slot: 9 }])
    a.say({ type: 'have', slot: 9, indexes: [1] })
    a.say({ type: 'request', slot: 9, parts: [{ index: 0, offset: 0, length: 1 }] })
    expect(a.isLinked).toBe(true)
  })

  it('[S14] a file opened later is attached on the link that is there', () => {
    const driver = started()
    const a = driver.meet('a', [])
    openOther(driver, other)
    driver.introduce([a.id], other)
    const [, second] = a.heard('attach')
    expect(toHex(second!.swarm)).toBe(other)
    attach(a, other, 9)
    driver.give({ type: 'want', swarm: other, want: 7, from: 0, to: 65_536, order: 'bulk' })
    expect(a.heard('request').at(-1)).toMatchObject({ slot: second!.slot, parts: [{ index: 0 }] })
  })

  it('[S14] a peer introduced in two swarms at once carries both', () => {
    const driver = started()
    openOther(driver, other)
    driver.introduce(['b', 'c', 'd', 'e'].map((name) => `${name}`.padEnd(22, '-') as never))
    driver.introduce(['a'.padEnd(22, '-') as never])
    driver.introduce(['a'.padEnd(22, '-') as never], other)
    driver.give({ type: 'linkClosed', peer: 'b'.padEnd(22, '-') as never })
    const a = driver.meet('a')
    expect(
      a
        .heard('attach')
        .map(({ swarm }) => toHex(swarm))
        .toSorted(),
    ).toEqual([other, driver.file.swarm])
  })

  it('[S14] after a decline the swarm is attached again when the peer enters it', () => {
    const driver = started()
    const a = driver.meet('a')
    openOther(driver, other)
    driver.introduce([a.id], other)
    a.say({ type: 'decline', slot: a.heard('attach')[1]!.slot })
    driver.forget()
    attach(a, other, 9)
    expect(a.heard('attach')).toHaveLength(1)
  })

  it('[S14] a decline of a swarm that the peer has attached meanwhile changes nothing', () => {
    const driver = started()
    const a = driver.meet('a')
    a.say({ type: 'decline', slot: a.heard('attach')[0]!.slot })
    a.send(a.asked[0]!)
    expect(driver.all('keep')).toHaveLength(1)
  })

  it('[S14] a peer that detaches is asked for no more; what it was asked for comes from another', () => {
    const driver = started()
    const a = driver.meet('a')
    const b = driver.meet('b', [])
    expect(a.asked).toHaveLength(4)
    driver.forget()
    a.say({ type: 'detach', slot: a.slot })
    b.say({ type: 'have', slot: b.slot, indexes: driver.indexes })
    expect(b.asked).toHaveLength(4)
    expect(a.heard('detach')).toHaveLength(1)
    expect(driver.swarm.copies[0]).toBe(1)
  })

  it('[S14] what a peer still says of a file that this side has shut is no fault', () => {
    const driver = started()
    const a = driver.meet('a')
    openOther(driver, other)
    const [index] = a.asked
    driver.give({ type: 'shut', swarm: driver.file.swarm })
    expect(a.heard('detach')).toHaveLength(1)
    for (let time = 0; time < 5; time++) {
      a.send(index!)
      a.say({ type: 'have', slot: a.slot, indexes: [3] })
      a.say({ type: 'request', slot: a.slot, parts: [{ index: 0, offset: 0, length: 1 }] })
    }
    expect(a.isLinked).toBe(true)
    a.say({ type: 'detach', slot: a.slot })
    attach(a, other, a.slot)
    expect(a.heard('attach').map(({ swarm }) => toHex(swarm))).toContain(other)
  })

  it('[S14] a swarm shut and opened anew on the same link is carried again', () => {
    const driver = started()
    const a = driver.meet('a')
    openOther(driver, other)
    for (let time = 0; time < 3; time++) {
      driver.give({ type: 'shut', swarm: driver.file.swarm })
      driver.forget()
      driver.open()
      driver.want()
      driver.introduce([a.id])
      expect(a.heard('attach')).toHaveLength(1)
      // The answer to the detach comes after the new attach was sent.
      a.say({ type: 'detach', slot: a.slot })
      a.slot += 1
      a.attach(driver.indexes)
      for (const run of [...driver.swarm.runs.keys()]) driver.failRun(run)
      expect(a.asked.length).toBeGreaterThan(0)
      a.send(a.asked[0]!)
      expect(driver.all('keep')).toMatchObject([{ source: a.id }])
    }
  })

  it('[S14] many swarms one after another fit on one link, as each leaves its place to the next', () => {
    const driver = started()
    const a = driver.meet('a')
    for (let number = 1; number < 3 * slotCountMax; number++) {
      openOther(driver, swarmNumber(number))
      driver.introduce([a.id], swarmNumber(number))
      attach(a, swarmNumber(number), 100 + number)
      driver.give({ type: 'shut', swarm: swarmNumber(number) })
      a.say({ type: 'detach', slot: 100 + number })
    }
    expect(a.isLinked).toBe(true)
    expect(new Set(a.heard('attach').map(({ slot }) => slot)).size).toBe(3 * slotCountMax)
  })

  it('[S14] a peer that attaches more swarms than a link may have is at fault', () => {
    const driver = started()
    const a = driver.meet('a')
    for (let number = 1; number <= slotCountMax + 2; number++) {
      openOther(driver, swarmNumber(number))
      attach(a, swarmNumber(number), 100 + number)
    }
    expect(a.isLinked).toBe(false)
  })

  it('[S16] the first that comes is told at once, what follows together, and nothing to those who have it all', () => {
    const driver = started()
    const a = driver.meet('a')
    const b = driver.meet('b', [])
    const [first, ...later] = a.asked.slice(0, 3)
    for (const index of [first!, ...later]) a.send(index)
    expect(b.heard('have').map(({ indexes }) => indexes)).toEqual([[first]])
    driver.pass(50)
    expect(b.heard('have').map(({ indexes }) => indexes)).toEqual([[first], later])
    expect(a.heard('have')).toEqual([])
  })

  it('[S16] what a peer has too is told with the first thing that it lacks, or when all is here', () => {
    const driver = started()
    const a = driver.meet('a')
    const [first, second, ...rest] = driver.indexes
    const b = driver.meet('b', [first!, second!])
    const c = driver.meet('c', driver.indexes.slice(0, -1))
    const come = (index: number) => {
      for (const peer of [a, b, c]) if (peer.asked.includes(index)) peer.send(index)
      driver.pass(100)
    }
    come(first!)
    // The very first is told to all: who has told nothing seems to have nothing to give.
    expect(b.heard('have').map(({ indexes }) => indexes)).toEqual([[first]])
    come(second!)
    expect(b.heard('have')).toHaveLength(1)
    come(rest[0]!)
    expect(b.heard('have').map(({ indexes }) => indexes)).toEqual([[first], [second, rest[0]]])
    for (const index of rest.slice(1)) come(index)
    expect(new Set(c.heard('have').flatMap(({ indexes }) => indexes))).toEqual(new Set(driver.indexes))
    // It lacks one, and is told of the others a few at a time.
    expect(c.heard('have').length).toBeLessThan(driver.indexes.length / 2)
  })

  it('[S16] what a peer had too and lost is told to it at once, also to one that had all', () => {
    const driver = started()
    const a = driver.meet('a')
    const all = driver.meet('all')
    const [mine, other] = [a.asked[0]!, all.asked[0]!]
    a.send(mine)
    driver.pass(100)
    expect(all.heard('have')).toEqual([])
    all.say({ type: 'lost', slot: all.slot, indexes: [mine, other] })
    expect(all.heard('have').map(({ indexes }) => indexes)).toEqual([[mine]])
  })

  it('[S14] what is here is told with the greeting, before the other side has greeted', () => {
    const driver = started()
    driver.give({ type: 'held', swarm: driver.file.swarm, indexes: [0] })
    const peer = new Puppet(driver, peerId('x'))
    driver.introduce([peer.id])
    peer.open()
    expect(driver.all('send').map(({ message }) => message.type)).toEqual(['hello', 'attach'])
  })

  it('[S16] what is lost is told at once, and not announced after all', () => {
    const driver = started()
    const a = driver.meet('a')
    const b = driver.meet('b', [])
    const [first, index] = a.asked
    for (const each of [first!, index!]) a.send(each)
    driver.give({ type: 'lost', swarm: driver.file.swarm, index: index! })
    expect(b.heard('lost').map(({ indexes }) => indexes)).toEqual([[index]])
    driver.pass(100)
    expect(b.heard('have').map(({ indexes }) => indexes)).toEqual([[first]])
  })

  it('[S12] a peer that says what it fetches from the origin is left to it, until its time is over', () => {
    const driver = started()
    driver.give({ type: 'pressure', on: true })
    const a = driver.meet('a', [0])
    a.say({ type: 'claim', slot: a.slot, first: 1, count: 15, withinMs: 4_000 })
    driver.give({ type: 'pressure', on: false })
    a.send(0)
    driver.pass(1_000)
    a.pong()
    expect(driver.all('openRun')).toEqual([])
    driver.pass(4_000)
    expect(driver.all('openRun').length).toBeGreaterThan(0)
    // It did not deliver: it is not believed again.
    a.say({ type: 'claim', slot: a.slot, first: 0, count: 16, withinMs: 4_000 })
    driver.dropRuns()
    driver.pass(2_000)
    expect(driver.all('openRun').length).toBeGreaterThan(0)
  })

  it('[S12] a claim is believed for 10 s at most, whatever it says', () => {
    const driver = started()
    const a = driver.meet('a', [0])
    a.say({ type: 'claim', slot: a.slot, first: 0, count: 2 ** 32 - 1, withinMs: 2 ** 32 - 1 })
    a.send(0)
    for (let second = 0; second < 12; second++) {
      driver.pass(1_000)
      a.pong()
    }
    expect(driver.all('openRun').length).toBeGreaterThan(0)
  })

  it('[S12] who begins to fetch what no peer has says so to those who still download', () => {
    const driver = started()
    const a = driver.meet('a', [0])
    driver.pass(1_000)
    const begun = driver.all('openRun').map(({ from, to }) => ({ first: from / 65_536, count: (to - from) / 65_536 }))
    expect(begun.length).toBeGreaterThan(0)
    expect(a.heard('claim')).toMatchObject(begun)
  })
})
