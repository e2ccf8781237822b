import { describe, expect, it } from 'vitest'
import { EngineDriver } from '../../test/fakes/engine-driver.ts'

/** One chunk, asked of a busy peer; an idle one comes to hold it too. */
function withIdlePeer() {
  const driver = new EngineDriver({ mode: 'frugal', chunkCount: 1 })
  driver.start()
  driver.dropRuns()
  const busy = driver.meet('busy')
  expect(busy.asked).toEqual([0])
  driver.pass(50)
  const idle = driver.meet('idle', [])
  idle.say({ type: 'have', slot: idle.slot, indexes: [0] })
  return { driver, busy, idle }
}

describe('a request that waits at a busy peer while another is idle', () => {
  it('[S47] is recalled after a while, and asked for anew once the busy one has answered', () => {
    const { driver, busy, idle } = withIdlePeer()
    expect(busy.heard('cancel')).toEqual([])
    driver.pass(200)
    expect(busy.heard('cancel')).toMatchObject([{ index: 0 }])
    expect(idle.asked).toEqual([])
    busy.pong()
    expect(idle.asked).toEqual([0])
  })

  it('[S47] counts when it had already been sent', () => {
    const { driver, busy, idle } = withIdlePeer()
    driver.pass(200)
    busy.send(0)
    busy.pong()
    expect(driver.all('keep')).toMatchObject([{ index: 0, source: busy.id }])
    expect(idle.asked).toEqual([])
    expect(driver.engine.core.wastedBytes).toBe(0)
  })
})

describe('a peer from which a chunk was recalled, and nothing came since', () => {
  it('[S47] is asked only when no other can be, so that a chunk does not go back and forth among those that give nothing', () => {
    const { driver, busy, idle } = withIdlePeer()
    const third = driver.meet('third')
    driver.pass(200)
    expect(idle.heard('request').length + third.heard('request').length).toBe(0)
    busy.pong()
    expect([...idle.asked, ...third.asked]).toEqual([0])
    driver.pass(200)
    for (const puppet of [idle, third]) puppet.pong()
    expect(busy.heard('request')).toHaveLength(1)
  })
})
