import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import { addressClass, parseIp } from './address-class.ts'

describe('an address as a text', () => {
  it('is read as everybody else reads it', () => {
    fc.assert(
      // ipaddr.js takes `::1.2.3.4` for IPv4; RFC 4291 §2.5.5.1 has it as IPv6.
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        fc.pre(!/^::\d+\.\d+\.\d+\.\d+$/.test(text))
        const read = ipaddr.process(text).toByteArray()
        expect([...parseIp(text)!]).toEqual(read)
      }),
    )
  })

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '010.1.1.1',
    '1.2.3.4::',
    ':',
    ':::',
    '1::2::3',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '::12345',
    'example.org',
    '0x7f000001',
  ])('is none when it is %j', (text) => {
    expect(parseIp(text)).toBeUndefined()
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'0123456789abcdef:.%') }), (text) => void parseIp(text)))
  })
})

describe('what an address is for', () => {
  it.each([
    ['203.0.113.5', 'public'],
    ['172.32.0.1', 'public'],
    ['100.128.0.1', 'public'],
    ['2001:db8::7', 'public'],
    ['10.1.2.3', 'private'],
    ['172.31.0.1', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12::1', 'private'],
    ['fec0::1', 'private'],
    ['169.254.169.254', 'link-local'],
    ['fe80::1', 'link-local'],
    ['127.0.0.9', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['2002:c0a8:101::', 'private'],
    ['0.0.0.0', 'never'],
    ['224.0.0.251', 'never'],
    ['255.255.255.255', 'never'],
    ['::', 'never'],
    ['ff02::fb', 'never'],
    ['4000::1', 'never'],
  ])('%s is %s', (text, kind) => {
    expect(addressClass(parseIp(text)!)).toBe(kind)
  })
})
