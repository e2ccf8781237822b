import { describe, expect, it } from 'vitest'
import { EngineDriver, type Puppet, peerId } from '../../test/fakes/engine-driver.ts'

const chunkBytes = 64 * 1024
const wholeChunk = (index: number) => ({ index, offset: 0, length: chunkBytes })

/** A client that gives as much as it got. */
function fairDriver(chunkCount: number, uploadRatioMax = 1) {
  const driver = new EngineDriver({ chunkCount, uploadRatioMax, mode: 'frugal' })
  driver.consent()
  driver.open()
  driver.tracker({ type: 'welcome', id: peerId('m') })
  const hold = (...indexes: number[]) => driver.give({ type: 'held', swarm: driver.file.swarm, indexes })
  return { driver, hold }
}

const ask = (puppet: Puppet, ...indexes: number[]) =>
  puppet.say({ type: 'request', slot: puppet.slot, parts: indexes.map(wholeChunk) })
const got = (puppet: Puppet) => puppet.heard('data').reduce((sum, { payload }) => sum + payload.length, 0)
const refused = (puppet: Puppet) => puppet.heard('refuse').map(({ index, reason }) => `${index} ${reason}`)

describe('what is given', () => {
  it('[P12] is as many bytes as came, in all and to everybody together', () => {
    const { driver, hold } = fairDriver(8)
    hold(...driver.indexes)
    const [a, b] = [driver.meet('a', []), driver.meet('b', [])]
    ask(a, 0, 1, 2, 3, 4, 5)
    ask(b, 0, 1, 2, 3, 4, 5)
    driver.pass(1_000)
    expect(got(a) + got(b)).toBe(8 * chunkBytes)
  })

  it('[P12] can be more, less or nothing', () => {
    for (const [ratio, chunks] of [
      [2, 12],
      [0.5, 4],
      [0, 0],
    ] as const) {
      const { driver, hold } = fairDriver(8, ratio)
      hold(...driver.indexes)
      const [a, b] = [driver.meet('a', []), driver.meet('b', [])]
      ask(a, 0, 1, 2, 3, 4, 5)
      ask(b, 0, 1, 2, 3, 4, 5)
      driver.pass(1_000)
      expect(got(a) + got(b)).toBe(chunks * chunkBytes)
    }
  })

  it('[P12] may be a megabyte ahead of what came while more comes, so that the first chunk can be passed on', () => {
    const { driver, hold } = fairDriver(64)
    driver.want()
    hold(0)
    const a = driver.meet('a', [])
    for (let time = 0; time < 20; time++) ask(a, 0)
    driver.pass(100)
    expect(got(a)).toBe(17 * chunkBytes)
    expect(refused(a)).toEqual([])
  })

  it('[P13] waits, without a word, until as much more came', () => {
    const { driver, hold } = fairDriver(64)
    driver.want()
    hold(0)
    const a = driver.meet('a', [])
    for (let time = 0; time < 20; time++) ask(a, 0)
    hold(1, 2)
    driver.pass(100)
    expect(got(a)).toBe(19 * chunkBytes)
    hold(3)
    driver.pass(100)
    expect(got(a)).toBe(20 * chunkBytes)
    expect(refused(a)).toEqual([])
  })

  it('[P13] ends when nothing more comes: all hear so, and the tracker too', () => {
    const { driver, hold } = fairDriver(4)
    hold(...driver.indexes)
    const a = driver.meet('a', [])
    const b = driver.meet('b', [])
    ask(a, 0, 1, 2, 3)
    driver.forget()
    ask(b, 1)
    driver.pass(5_000)
    expect(refused(b)).toEqual(['1 off'])
    expect(b.heard('lost')).toMatchObject([{ indexes: [0, 1, 2, 3] }])
    const joins = driver.all('tell').flatMap(({ message }) => (message.type === 'join' ? [message.gives] : []))
    expect(joins.at(-1)).toBe(false)
  })

  it('[P13] begins anew with what comes later', () => {
    const { driver, hold } = fairDriver(8)
    hold(0, 1)
    const a = driver.meet('a', [])
    ask(a, 0, 1, 0)
    driver.pass(100)
    expect(refused(a)).toEqual(['0 off'])
    driver.forget()
    driver.want()
    hold(2, 3)
    driver.pass(100)
    expect(a.heard('have')).toMatchObject([{ indexes: [0, 1, 2] }, { indexes: [3] }])
    ask(a, 2)
    driver.pass(100)
    expect(got(a)).toBe(chunkBytes)
  })

  it('[P14] [S43] keeps a chunk back until the file is here, and gives it then', () => {
    const { driver, hold } = fairDriver(8)
    hold(0, 1, 2, 3, 4, 5, 6)
    const a = driver.meet('a', [])
    ask(a, 0, 1, 2, 3, 4, 5, 6)
    driver.pass(100)
    expect(got(a)).toBe(6 * chunkBytes)
    hold(7)
    ask(a, 6, 7)
    driver.pass(100)
    expect(got(a)).toBe(8 * chunkBytes)
  })
})
