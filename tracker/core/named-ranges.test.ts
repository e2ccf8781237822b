import { expect, test } from 'vitest'
import { addressBytes } from '../../test/fakes/tracker-crowd.ts'
import { NamedRanges } from './named-ranges.ts'

const regions = new NamedRanges()
regions.add({ address: addressBytes('10.0.0.0'), bits: 8 }, 'company')
regions.add({ address: addressBytes('10.20.0.0'), bits: 16 }, 'oslo')
regions.add({ address: addressBytes('10.20.30.40'), bits: 32 }, 'kiosk')
regions.add({ address: addressBytes('2001:db8:0:0:0:0:0:0'), bits: 32 }, 'oslo')
const nameOf = (text: string) => regions.nameOf(addressBytes(text))

test('the longest range that holds an address names its region', () => {
  expect(nameOf('10.9.9.9')).toBe('company')
  expect(nameOf('10.20.9.9')).toBe('oslo')
  expect(nameOf('10.20.30.40')).toBe('kiosk')
  expect(nameOf('10.20.30.41')).toBe('oslo')
  expect(nameOf('2001:db8:5:0:0:0:0:1')).toBe('oslo')
  expect(nameOf('0:0:0:0:0:ffff:a14:909')).toBe('oslo')
})

test('an address outside all ranges has no region', () => {
  expect(nameOf('11.0.0.1')).toBeUndefined()
  expect(nameOf('2001:db9:0:0:0:0:0:1')).toBeUndefined()
})

test('a range of length 0 is everybody of its kind', () => {
  const all = new NamedRanges()
  all.add({ address: addressBytes('0.0.0.0'), bits: 0 }, 'world')
  expect(all.nameOf(addressBytes('198.51.100.7'))).toBe('world')
  expect(all.nameOf(addressBytes('2001:db8:0:0:0:0:0:1'))).toBeUndefined()
})

test('a range is not given away twice', () => {
  const twice = new NamedRanges()
  expect(twice.add({ address: addressBytes('10.0.0.0'), bits: 8 }, 'a')).toBeUndefined()
  expect(twice.add({ address: addressBytes('10.99.0.0'), bits: 8 }, 'b')).toBe('a')
  expect(twice.nameOf(addressBytes('10.1.1.1'))).toBe('a')
})
