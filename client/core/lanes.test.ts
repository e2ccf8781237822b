import { describe, expect, it } from 'vitest'
import { KiB } from '../../shared/limits.ts'
import { EngineDriver, type Puppet } from '../../test/fakes/engine-driver.ts'

const chunkBytes = 64 * KiB

/** An engine that wants a file of peers, each this far away. */
function swarm(peerCount: number, roundTripMs: number) {
  const driver = new EngineDriver({ mode: 'frugal', chunkCount: 300, chunkBytes })
  driver.start()
  driver.dropRuns()
  const peers = Array.from({ length: peerCount }, (_, place) => driver.meet(`p${place}`))
  driver.now += roundTripMs
  for (const peer of peers) peer.say({ type: 'pong', nonce: peer.heard('ping')[0]!.nonce, clock: 0 })
  return { driver, peers, widened: () => driver.all('widen').map(({ connectionCount }) => connectionCount) }
}

/** For so long each peer brings so many chunks every `stepMs`. */
function bring(driver: EngineDriver, peers: readonly Puppet[], ms: number, count: number, stepMs = 100): void {
  for (let passed = 0; passed < ms; passed += stepMs) {
    for (const peer of peers) {
      const sent = given.get(peer) ?? 0
      const indexes = peer.asked.slice(sent, sent + count)
      given.set(peer, sent + indexes.length)
      for (const index of indexes) peer.send(index)
    }
    driver.pass(stepMs)
  }
}

const given = new WeakMap<Puppet, number>()

describe('a peer far away', () => {
  it('[S60] that alone brings much is given four connections', () => {
    const { driver, peers, widened } = swarm(1, 50)
    bring(driver, peers, 2_000, 2)
    expect(widened()).toEqual([4])
  })

  it('[S60] that is near, or brings next to nothing, is left with one', () => {
    const near = swarm(1, 5)
    bring(near.driver, near.peers, 3_000, 2)
    expect(near.widened()).toEqual([])
    const thin = swarm(1, 16)
    bring(thin.driver, thin.peers, 3_000, 1)
    expect(thin.widened()).toEqual([])
  })

  it('[S60] shares eight connections with the others that bring something', () => {
    const three = swarm(3, 50)
    bring(three.driver, three.peers, 2_000, 2)
    expect(three.widened()).toEqual([2, 2, 2])
    const six = swarm(6, 50)
    bring(six.driver, six.peers, 2_000, 2)
    expect(six.widened()).toEqual([])
  })

  it('[S60] gives some of its connections up when many others have come', () => {
    const { driver, peers, widened } = swarm(1, 50)
    bring(driver, peers, 1_500, 2)
    expect(widened()).toEqual([4])
    const later = ['x', 'y', 'z'].map((name) => driver.meet(name))
    bring(driver, [...peers, ...later], 1_500, 2)
    expect(widened()).toEqual([4, 2])
  })

  it('[S60] keeps them while they bring more than one did', () => {
    const { driver, peers, widened } = swarm(1, 50)
    bring(driver, peers, 1_000, 2)
    bring(driver, peers, 6_000, 4)
    expect(widened()).toEqual([4])
  })

  it('[S60] loses them when they bring no more than one did, for a minute', () => {
    const { driver, peers, widened } = swarm(1, 50)
    bring(driver, peers, 8_000, 1)
    expect(widened()).toEqual([4, 1])
    bring(driver, peers, 50_000, 1, 800)
    expect(widened()).toEqual([4, 1])
    bring(driver, peers, 9_000, 1)
    expect(widened()).toEqual([4, 1, 4])
  })

  it('[S60] loses them when nothing is asked of it any more', () => {
    const { driver, peers, widened } = swarm(1, 50)
    bring(driver, peers, 2_000, 2)
    driver.unwant()
    for (let passed = 0; passed < 12_000; passed += 1_000) {
      driver.pass(1_000)
      peers[0]!.say({ type: 'ping', nonce: 1 })
    }
    expect(widened()).toEqual([4, 1])
  })

  it('[S60] is given none for the last bytes of a file', () => {
    const driver = new EngineDriver({ mode: 'frugal', chunkCount: 30, chunkBytes })
    driver.start()
    driver.dropRuns()
    const peer = driver.meet('p')
    driver.now += 50
    peer.say({ type: 'pong', nonce: peer.heard('ping')[0]!.nonce, clock: 0 })
    bring(driver, [peer], 2_000, 2)
    expect(driver.swarm.have.isFull).toBe(true)
    expect(driver.all('widen')).toEqual([])
  })
})
