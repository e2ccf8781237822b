import { describe, expect, it } from 'vitest'
import type { TrackerMessage } from '../../shared/tracker-messages.ts'
import { EngineDriver, peerId } from '../../test/fakes/engine-driver.ts'

const hourMs = 3_600_000

/** What is said to the tracker, as types and tokens. */
const said = (driver: EngineDriver) =>
  driver.all('tell').map(({ message }) => (message.type === 'authorize' ? message.token : message.type))

const give = (driver: EngineDriver, token: string | undefined) => driver.give({ type: 'token', token })

const refuse = (driver: EngineDriver, code: (TrackerMessage & { type: 'refused' })['code'], ofSwarm = false) =>
  driver.tracker({ type: 'refused', code, message: code, ...(ofSwarm && { swarm: driver.file.swarm }) })

function started(): EngineDriver {
  const driver = new EngineDriver({ hasToken: true })
  driver.start()
  return driver
}

/** One whose first token was taken. */
function authorized(forMs = hourMs): EngineDriver {
  const driver = started()
  give(driver, 'first')
  driver.tracker({ type: 'authorized', forMs })
  driver.forget()
  return driver
}

describe('a client with a token', () => {
  it('[T130] asks for it when it connects, and joins right after showing it', () => {
    const driver = new EngineDriver({ hasToken: true })
    driver.consent()
    driver.open()
    driver.want()
    expect(driver.all('fetchToken')).toHaveLength(1)
    give(driver, 'first')
    expect(said(driver)).toEqual([])
    driver.tracker({ type: 'welcome', id: peerId('m') })
    expect(said(driver)).toEqual(['first', 'join'])
  })

  it('[T130] joins nothing until the token is there', () => {
    const driver = started()
    driver.pass(5_000)
    expect(said(driver)).toEqual([])
    give(driver, 'first')
    expect(said(driver)).toEqual(['first', 'join'])
  })

  it('[T130] shows another one before it runs out, and says nothing else', () => {
    const driver = authorized()
    driver.pass(0.7 * hourMs)
    expect(driver.all('fetchToken')).toEqual([])
    driver.pass(0.1 * hourMs)
    expect(driver.all('fetchToken')).toHaveLength(1)
    driver.forget()
    give(driver, 'second')
    expect(said(driver)).toEqual(['second'])
    driver.tracker({ type: 'authorized', forMs: hourMs })
    driver.pass(0.85 * hourMs)
    expect(driver.all('fetchToken')).toHaveLength(1)
  })

  it('[T130] asks again when the next one cannot be had, while the one before is good', () => {
    const driver = authorized()
    driver.pass(0.8 * hourMs)
    give(driver, undefined)
    driver.forget()
    driver.pass(11_000)
    expect(driver.all('fetchToken')).toHaveLength(1)
    expect(driver.all('shutOut')).toEqual([])
    give(driver, 'second')
    expect(said(driver)).toContain('second')
  })

  it('[T130] whose token ran out shows a new one and joins again', () => {
    const driver = authorized()
    refuse(driver, 'token-expired')
    expect(driver.all('fetchToken')).toHaveLength(1)
    driver.forget()
    give(driver, 'second')
    expect(said(driver)).toEqual(['second', 'join'])
  })

  it('[T130] asks for a new one at each connection', () => {
    const driver = authorized()
    driver.give({ type: 'trackerClosed' })
    driver.pass(6_000)
    expect(driver.all('fetchToken')).toHaveLength(1)
    driver.forget()
    driver.tracker({ type: 'welcome', id: peerId('n') })
    expect(said(driver)).toEqual([])
    give(driver, 'second')
    expect(said(driver)).toEqual(['second', 'join'])
  })

  it('[T130] shows it again after a while when it could not be verified', () => {
    const driver = started()
    give(driver, 'first')
    driver.forget()
    refuse(driver, 'unverified')
    driver.pass(9_000)
    expect(driver.all('fetchToken')).toEqual([])
    driver.pass(2_000)
    give(driver, 'again')
    expect(said(driver)).toEqual(['again', 'join'])
  })

  it.each(['bad-token', 'wrong-origin', 'token-expired', 'too-many-connections'] as const)(
    '[T131] that is refused with %s leaves the tracker for minutes, and says so',
    (code) => {
      const driver = started()
      give(driver, 'first')
      driver.forget()
      refuse(driver, code)
      expect(driver.all('closeTracker')).toHaveLength(1)
      expect(driver.all('shutOut')).toEqual([{ type: 'shutOut', why: code }])
      driver.forget()
      driver.pass(230_000)
      expect(driver.all('connectTracker')).toEqual([])
      driver.pass(140_000)
      expect(driver.all('connectTracker')).not.toEqual([])
      expect(driver.all('fetchToken')).not.toEqual([])
    },
  )

  it('[T131] that cannot be had is as good as refused', () => {
    const driver = started()
    give(driver, undefined)
    expect(driver.all('closeTracker')).toHaveLength(1)
    expect(driver.all('shutOut')).toHaveLength(1)
  })

  it('[T131] that is not for one swarm stays with the tracker, and does not ask for that one again and again', () => {
    const driver = authorized()
    refuse(driver, 'unauthorized', true)
    expect(driver.all('shutOut')).toHaveLength(1)
    driver.forget()
    driver.pass(280_000)
    expect(said(driver)).toEqual([])
    expect(driver.all('closeTracker')).toEqual([])
  })

  it('[T131] goes on by HTTP', () => {
    const driver = started()
    give(driver, 'first')
    refuse(driver, 'bad-token')
    driver.pass(1_000)
    expect(driver.swarm.runs.size).toBeGreaterThan(0)
  })
})

describe('a client without a token', () => {
  it('[T131] leaves a tracker that wants one', () => {
    const driver = new EngineDriver()
    driver.start()
    expect(driver.all('fetchToken')).toEqual([])
    refuse(driver, 'unauthorized', true)
    expect(driver.all('closeTracker')).toHaveLength(1)
    expect(driver.all('shutOut')).toHaveLength(1)
  })
})
