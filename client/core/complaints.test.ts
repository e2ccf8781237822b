import { describe, expect, it } from 'vitest'
import { EngineDriver, flip, Puppet, peerId } from '../../test/fakes/engine-driver.ts'

const ticketOf = (name: string) => `t8w2k0.${name.padEnd(22, '-')}`

/** An engine that wants the file and was introduced to these peers, with tickets. */
function introducedTo(...names: string[]) {
  const driver = new EngineDriver({ mode: 'frugal' })
  driver.start()
  driver.dropRuns()
  const peers = names.map((name) => ({ id: peerId(name), tier: 'network' as const, ticket: ticketOf(name) }))
  driver.tracker({ type: 'peers', swarm: driver.file.swarm, peers, size: 9, ahead: 0 })
  return driver
}

const link = (driver: EngineDriver, name: string) => {
  const puppet = new Puppet(driver, peerId(name))
  puppet.open()
  puppet.greet(`${name.charCodeAt(0)}`)
  puppet.attach(driver.indexes)
  return puppet
}

const complaints = (driver: EngineDriver) =>
  driver.all('tell').flatMap(({ message }) => (message.type === 'complain' ? message : []))

describe('complaints', () => {
  it('[S44] a peer that sent a wrong chunk is named to the tracker, once, with the ticket of its introduction', () => {
    const driver = introducedTo('liar')
    const liar = link(driver, 'liar')
    for (const index of liar.asked.slice(0, 3)) liar.send(index, flip)
    expect(complaints(driver)).toEqual([
      { type: 'complain', about: liar.id, reason: 'wrong-bytes', ticket: ticketOf('liar') },
    ])
  })

  it('[S44] so is one that sent bytes out of place', () => {
    const driver = introducedTo('a')
    const a = link(driver, 'a')
    a.say({ type: 'data', slot: a.slot, index: a.asked[0]!, offset: 1, payload: new Uint8Array(9) })
    expect(complaints(driver)).toMatchObject([{ about: a.id, reason: 'out-of-place' }])
  })

  it('[S44] so is one that has closed its link before its lie is found', () => {
    const driver = introducedTo('liar')
    const liar = link(driver, 'liar')
    const { swarm } = driver.file
    const index = liar.asked[0]!
    const late = new EngineDriver({ mode: 'frugal', isManual: true })
    late.start()
    late.dropRuns()
    const peers = [{ id: liar.id, tier: 'network' as const, ticket: ticketOf('liar') }]
    late.tracker({ type: 'peers', swarm, peers, size: 2, ahead: 0 })
    const gone = link(late, 'liar')
    gone.send(gone.asked[0] ?? index, flip)
    late.give({ type: 'linkClosed', peer: gone.id })
    expect(complaints(late)).toEqual([])
    for (const digest of late.all('digest')) late.digest(digest)
    expect(complaints(late)).toMatchObject([{ about: gone.id, reason: 'wrong-bytes' }])
  })

  it('[S44] a caller is complained about with the ticket that came with its offer', () => {
    const driver = introducedTo()
    const signal = { session: 's', description: { type: 'offer' as const, sdp: 'x' } }
    driver.tracker({ type: 'signal', from: peerId('b'), tier: 'network', signal, ticket: ticketOf('b') })
    const b = link(driver, 'b')
    b.send(b.asked[0]!, flip)
    expect(complaints(driver)).toMatchObject([{ about: b.id, ticket: ticketOf('b') }])
  })

  it.each([
    ['a habit of wrong frames', (a: Puppet) => [1, 2, 3].map(() => a.frame(new Uint8Array(0)))],
    ['silence', (a: Puppet) => a.driver.pass(20_000)],
    ['a refusal', (a: Puppet) => a.say({ type: 'refuse', slot: a.slot, index: a.asked[0]!, reason: 'missing' })],
  ])('[S44] %s is nothing to complain about: it proves no lie', (_, happen) => {
    const driver = introducedTo('a')
    happen(link(driver, 'a'))
    expect(complaints(driver)).toEqual([])
  })

  it('[S44] with another name at the tracker, or without one, nothing is said', () => {
    const driver = introducedTo('a', 'b')
    const a = link(driver, 'a')
    driver.give({ type: 'trackerClosed' })
    a.send(a.asked[0]!, flip)
    driver.pass(3_100)
    driver.tracker({ type: 'welcome', id: peerId('another') })
    const b = link(driver, 'b')
    b.send(b.asked[0]!, flip)
    expect([a.isLinked, b.isLinked]).toEqual([false, false])
    expect(complaints(driver)).toEqual([])
  })
})
