import { describe, expect, it } from 'vitest'
import { EngineDriver, peerId } from '../../test/fakes/engine-driver.ts'

const turn = (user: string) => ({ urls: ['turn:turn.example.org'], username: user, credential: 'secret' })

function welcomed(servers: object): EngineDriver {
  const driver = new EngineDriver()
  driver.consent()
  driver.open()
  driver.want()
  driver.tracker({ type: 'welcome', id: peerId('m'), ...servers })
  return driver
}

const named = (driver: EngineDriver) =>
  driver.all('iceServers').map(({ stunPort, iceServers }) => [stunPort, iceServers])

describe('the servers that a tracker names', () => {
  it('[T229] are used from the welcome on', () => {
    const driver = welcomed({ stunPort: 8080, iceServers: [turn('one')] })
    expect(named(driver)).toEqual([[8080, [turn('one')]]])
  })

  it('[T229] change where the tracker says so, and what it leaves out stays', () => {
    const driver = welcomed({ stunPort: 8080, iceServers: [turn('one')] })
    driver.tracker({ type: 'servers', iceServers: [turn('two')] })
    driver.tracker({ type: 'servers' })
    expect(named(driver).slice(1)).toEqual([[8080, [turn('two')]]])
  })

  it('[T229] of a former tracker are used no more once another one says welcome', () => {
    const driver = welcomed({ stunPort: 8080, iceServers: [turn('one')] })
    driver.give({ type: 'trackerClosed' })
    driver.pass(4_000)
    expect(named(driver)).toHaveLength(1)
    driver.tracker({ type: 'welcome', id: peerId('n') })
    expect(named(driver).at(-1)).toEqual([undefined, []])
  })

  it('[T229] are not heard of where there are none, or where consent was withdrawn', () => {
    const driver = welcomed({})
    driver.consent(false)
    driver.tracker({ type: 'servers', stunPort: 8080 })
    expect(named(driver)).toEqual([])
  })
})
