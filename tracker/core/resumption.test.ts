import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import { resumeLengthMax } from '../../shared/limits.ts'
import { Resumption } from './resumption.ts'

const hmacOf = (key: string) => (text: string) => createHmac('sha256', key).update(text).digest('base64url')
const hour = 3_600_000
const anna = 'AZaz09-_AZaz09-_AZaz09' as PeerId
const ben = 'q0Xw7Jm2Rt5Yb1Nc8Kd3Fg' as PeerId

const here = new Resumption(hmacOf('one key'), hour)
const elsewhere = new Resumption(hmacOf('one key'), hour)
const stranger = new Resumption(hmacOf('another key'), hour)

describe('a resume token', () => {
  it('[T180] says who a client was to every tracker that has the key, and to no other', () => {
    const token = here.tokenOf({ id: anna, issue: 5_000 })
    expect(elsewhere.read(token, 6_000)).toEqual({ id: anna, issue: 5_000 })
    expect(stranger.read(token, 6_000)).toBeUndefined()
  })

  it('[T180] holds for its time, and fits into its header', () => {
    const token = here.tokenOf({ id: anna, issue: Date.UTC(2200, 0) })
    expect(token.length).toBeLessThanOrEqual(resumeLengthMax)
    expect(here.read(token, Date.UTC(2200, 0) + hour - 1)).toBeDefined()
    expect(here.read(token, Date.UTC(2200, 0) + hour)).toBeUndefined()
  })

  it.each([
    ['another id', (token: string) => token.replace(anna, ben)],
    ['another issue', (token: string) => token.replace('.3uw.', '.3ux.')],
    ['another digit at the end', (token: string) => `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`],
    ['a missing end', (token: string) => token.slice(0, -1)],
    ['something after it', (token: string) => `${token}A`],
    ['an issue of letters', (token: string) => token.replace('.3uw.', '.3UW.')],
    ['no issue', (token: string) => token.replace('.3uw.', '..')],
    ['nothing', () => ''],
    ['dots', () => '..'],
  ])('[T180] with %s is nobody’s', (_, change) => {
    const token = here.tokenOf({ id: anna, issue: 5_000 })
    expect(token).toContain('.3uw.')
    expect(here.read(change(token), 6_000)).toBeUndefined()
  })

  it('[T181] of a next connection is later than the one before, whatever the clocks of two trackers say', () => {
    expect(here.next({ id: anna, issue: 5_000 }, 9_000.7)).toEqual({ id: anna, issue: 9_000 })
    expect(here.next({ id: anna, issue: 5_000 }, 4_000)).toEqual({ id: anna, issue: 5_001 })
  })

  it('[T180] is no ticket, and a ticket no token: what is signed says which it is', () => {
    const signed: string[] = []
    new Resumption((text) => {
      signed.push(text)
      return 'x'.repeat(43)
    }, hour).tokenOf({ id: anna, issue: 1 })
    expect(signed).toEqual([`nearcast resume 1\n${anna}\n1`])
  })
})
