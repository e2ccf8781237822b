import { describe, expect, it } from 'vitest'
import { payersAt } from '../core/place.ts'
import { parseAddress } from './addresses.ts'
import { keyOf, rangeOf } from './ban-ranges.ts'

describe('whom an operator names', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9/32', '203.0.113.9'],
    ['203.0.113.9/24', '203.0.113.0/24'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:3::/64', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::/48', '2001:db8:1::/48'],
  ])('[T256] %s is %s', (written, range) => {
    expect(rangeOf(keyOf(written)!)).toBe(range)
    expect(keyOf(range)).toBe(keyOf(written))
  })

  it.each([
    '',
    'x',
    '203.0.113.0/16',
    '203.0.113.0/33',
    '2001:db8::/32',
    '2001:db8::1/128',
    '2001:db8::/24',
    '1.2.3',
    '0/0',
  ])('[T256] %s is nobody', (written) => expect(keyOf(written)).toBeUndefined())

  it.each(['203.0.113.9', '2001:db8:1:2:3:4:5:6'])('[T256] an address is counted under the same names: %s', (text) => {
    const { address, network } = payersAt(parseAddress(text)!)
    expect(keyOf(text)).toBe(address)
    expect(keyOf(rangeOf(network))).toBe(network)
  })
})
