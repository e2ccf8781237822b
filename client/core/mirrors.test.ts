import { describe, expect, it } from 'vitest'
import { EngineDriver } from '../../test/fakes/engine-driver.ts'
import { asked, breakOff } from '../../test/fakes/origin-runs.ts'

const [first, second] = ['https://one.example.org', 'https://two.example.org']

/** A client that wants a file whose answer from its own address is under way. */
function begun(mirrors: readonly string[] = [first, second]): EngineDriver {
  const driver = new EngineDriver({ mirrors })
  driver.open(true)
  driver.want()
  return driver
}

describe('the mirrors of a file', () => {
  it('[C67] are asked for nothing while its own address answers', () => {
    const driver = begun()
    driver.feed(1, 0, driver.file.geometry.fileBytes)
    expect(driver.all('keep')).toHaveLength(8)
    expect(asked(driver)).toEqual([])
  })

  it('[C67] bring the rest at once when that breaks off, one after another, and it is asked again in its time', () => {
    const driver = begun()
    driver.feed(1, 0, 2 * 65_536)
    breakOff(driver)
    expect(asked(driver)).toEqual([first])
    breakOff(driver)
    expect(asked(driver)).toEqual([second])
    driver.serve(driver.all('openRun')[0]!)
    expect(driver.all('keep')).toHaveLength(6)
    const again = begun()
    const order: string[] = []
    for (let i = 0; i < 4; i++) {
      breakOff(again)
      again.pass(1_000)
      order.push(...asked(again))
    }
    expect(order[0]).toBe(first)
    expect(order.slice(1)).toContain('own')
  })

  it('[C67] bring a file that its own address has lost', () => {
    const driver = begun()
    breakOff(driver, { retry: false })
    expect(asked(driver)).toEqual([first])
    driver.serve(driver.all('openRun')[0]!)
    expect(driver.all('keep')).toHaveLength(8)
  })

  it('[C67] take over within seconds from one that falls silent', () => {
    const driver = begun()
    driver.feed(1, 0, 65_536)
    driver.forget()
    driver.pass(6_000)
    expect(asked(driver)).toEqual([first])
    const alone = begun([])
    alone.feed(1, 0, 65_536)
    alone.forget()
    alone.pass(6_000)
    expect(asked(alone)).toEqual([])
  })

  it('[C67] that send wrong bytes are left, and nothing of theirs is kept', () => {
    const driver = begun()
    breakOff(driver)
    const [run] = driver.all('openRun')
    driver.forget()
    driver.feed(run!.run, run!.from, run!.from + 65_536, (bytes) => bytes.map((byte) => byte ^ 1) as typeof bytes)
    expect(driver.all('keep')).toEqual([])
    expect(asked(driver)).toEqual([second])
    expect(driver.all('failed')).toEqual([])
  })
})
