import { describe, expect, it } from 'vitest'
import { EngineDriver, peerId } from '../../test/fakes/engine-driver.ts'
import { asked, breakOff } from '../../test/fakes/origin-runs.ts'

const near = 'https://near.example.org/'
const far = 'https://far.example.org/'

/** A client that was named edges, and wants a file whose first answer from the page's own server is under way. */
function begun({ hasEdges = true, edges = [near, far] } = {}): EngineDriver {
  const driver = new EngineDriver({ hasEdges })
  driver.consent()
  driver.open(true)
  driver.want()
  driver.tracker({ type: 'welcome', id: peerId('m'), edges })
  return driver
}

describe('the edges that a tracker names', () => {
  it('[T233] are asked at once when the own server fails, the first of them first, and bring the rest', () => {
    const driver = begun()
    driver.feed(1, 0, 2 * 65_536)
    breakOff(driver)
    expect(asked(driver)).toEqual([near])
    driver.serve(driver.all('openRun')[0]!)
    expect(driver.all('keep').map(({ source }) => source)).toEqual(Array(6).fill('origin'))
    expect(driver.all('failed')).toEqual([])
  })

  it('[T233] are asked one after another, then the own address, and one that failed again only after a rest', () => {
    const driver = begun()
    const order: string[] = []
    for (let i = 0; i < 4; i++) {
      breakOff(driver)
      driver.pass(1_000)
      order.push(...asked(driver))
    }
    expect(order).toEqual([near, far, 'own', 'own'])
    driver.pass(5_000)
    breakOff(driver)
    expect(asked(driver)).toEqual([near])
  })

  it.each([
    ['does not have the file', { retry: false }],
    ['has another file at its place', { retry: false, changed: true }],
  ])('[T234] one that %s is not asked for it again, and the file does not suffer', (_, failure) => {
    const driver = begun()
    breakOff(driver)
    breakOff(driver, failure)
    expect(asked(driver)).toEqual([far])
    driver.pass(60_000)
    breakOff(driver)
    expect(asked(driver)).not.toContain(near)
    expect(driver.all('failed')).toEqual([])
  })

  it('[T234] one that sends wrong bytes is left, whatever it sent thrown away, and the file comes from elsewhere', () => {
    const driver = begun()
    breakOff(driver)
    const [run] = driver.all('openRun')
    driver.forget()
    driver.feed(run!.run, run!.from, run!.from + 65_536, (bytes) => bytes.map((byte) => byte ^ 1) as typeof bytes)
    expect(driver.all('keep')).toEqual([])
    expect(driver.all('closeRun')).toMatchObject([{ run: run!.run }])
    expect(asked(driver)).toEqual([far])
    driver.serve(driver.all('openRun')[0]!)
    expect(driver.all('keep')).toHaveLength(8)
    expect(driver.all('failed')).toEqual([])
  })

  it('[T233] bring a file that its own server does not have any more', () => {
    const driver = begun()
    breakOff(driver, { retry: false })
    expect(asked(driver)).toEqual([near])
    driver.serve(driver.all('openRun')[0]!)
    expect(driver.all('keep')).toHaveLength(8)
  })

  it('[T232] are not asked for files of other sites, nor once the tracker names them no more', () => {
    const foreign = begun({ hasEdges: false })
    breakOff(foreign)
    foreign.pass(2_000)
    expect(asked(foreign)).toEqual(['own'])
    const driver = begun()
    driver.tracker({ type: 'servers', edges: [far] })
    breakOff(driver)
    expect(asked(driver)).toEqual([far])
    driver.tracker({ type: 'servers', edges: [] })
    breakOff(driver)
    driver.pass(2_000)
    expect(asked(driver)).toEqual(['own'])
  })
})
