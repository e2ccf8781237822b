import { describe, expect, it } from 'vitest'
import { EngineDriver, peerId } from '../../test/fakes/engine-driver.ts'

const started = (plan = {}) => {
  const driver = new EngineDriver(plan)
  driver.start()
  driver.forget()
  return driver
}

/** What was told of each link, message by message. */
const reports = (driver: EngineDriver) =>
  driver.all('tell').flatMap(({ message }) => (message.type === 'report' ? [message.links] : []))

describe('what a client reports of its introductions', () => {
  it('[T112] a link that came about, with its round trip, and one that did not, together and a few seconds later', () => {
    const driver = started()
    const anna = driver.meet('a', [])
    driver.introduce([peerId('b')])
    driver.pass(40)
    anna.pong()
    driver.give({ type: 'linkClosed', peer: peerId('b') })
    expect(reports(driver)).toEqual([])
    driver.pass(5_000)
    expect(reports(driver)).toEqual([
      [
        { peer: anna.id, result: 'connected', roundTripMs: 40 },
        { peer: peerId('b'), result: 'failed' },
      ],
    ])
  })

  it('[T112] the verified bytes of a link at its end, and once', () => {
    const driver = started({ chunkCount: 4 })
    const anna = driver.meet('a')
    anna.send(anna.asked[0]!)
    driver.give({ type: 'linkClosed', peer: anna.id })
    driver.pass(5_100)
    expect(reports(driver)).toMatchObject([[{ peer: anna.id, result: 'connected', bytes: 65_536 }]])
    driver.pass(400_000)
    expect(reports(driver)).toHaveLength(1)
  })

  it('[T112] the bytes of a link that lasts every three minutes, and nothing where nothing came', () => {
    const driver = started({ chunkCount: 4 })
    const anna = driver.meet('a', [])
    const live = () => {
      for (let i = 0; i < 37; i++) {
        driver.pass(5_000)
        anna.pong()
      }
    }
    driver.pass(6_000)
    expect(reports(driver)).toEqual([[{ peer: anna.id, result: 'connected' }]])
    driver.forget()
    anna.say({ type: 'have', slot: anna.slot, indexes: [0, 1] })
    anna.send(anna.asked[0]!)
    live()
    expect(reports(driver)).toMatchObject([[{ peer: anna.id, result: 'connected', bytes: 65_536 }]])
    driver.forget()
    live()
    expect(reports(driver)).toEqual([])
  })

  it('[T112] not a call that was refused, nor one that was given up with the consent', () => {
    const driver = started()
    driver.introduce([peerId('a'), peerId('b')])
    driver.give({ type: 'linkSignal', peer: peerId('a'), description: { type: 'offer', sdp: 'x' } })
    driver.pass(100)
    const session = driver
      .all('tell')
      .flatMap(({ message }) => (message.type === 'signal' ? [message.signal.session] : []))[0]!
    driver.tracker({ type: 'signal', from: peerId('a'), tier: 'network', signal: { session, busy: true } })
    driver.consent(false)
    driver.consent(true)
    driver.tracker({ type: 'welcome', id: peerId('m') })
    driver.pass(20_000)
    expect(reports(driver)).toEqual([])
  })

  it('[T112] only what came of a call in the end, when it was made again', () => {
    const driver = started()
    driver.introduce([peerId('a')])
    driver.give({ type: 'linkClosed', peer: peerId('a') })
    driver.pass(1_100)
    driver.meet('a', [])
    driver.pass(5_100)
    expect(reports(driver).flat()).toMatchObject([{ peer: peerId('a'), result: 'connected' }])
  })

  it('[T112] nothing while there is no tracker, and at most sixteen links at once', () => {
    const driver = started({ linkCountMax: 40 })
    for (let i = 0; i < 20; i++) driver.meet(i, [], `${i + 1}`)
    driver.pass(11_000)
    expect(reports(driver).map((links) => links.length)).toEqual([16, 4])
    driver.forget()
    driver.give({ type: 'trackerClosed' })
    driver.give({ type: 'linkClosed', peer: peerId(3) })
    driver.pass(6_000)
    expect(reports(driver)).toEqual([])
  })
})
