import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { addressBytes } from '../../test/fakes/tracker-crowd.ts'
import { createAddressDigest, createAddressReader, parseAddress, parsePrefix, regionsFrom } from './addresses.ts'

function request(remoteAddress: string | undefined, forwardedFor?: string): IncomingMessage {
  const headers = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }
  return { socket: { remoteAddress }, connection: { remoteAddress }, headers } as unknown as IncomingMessage
}

const read = (trusted: readonly string[], remoteAddress: string | undefined, forwardedFor?: string) =>
  createAddressReader(trusted)(request(remoteAddress, forwardedFor))?.join('.')

describe('the address of a client', () => {
  it('[T26] is that of its socket, whatever it claims, when no proxy is trusted', () => {
    expect(read([], '203.0.113.5', '198.51.100.1')).toBe('203.0.113.5')
    expect(read([], '127.0.0.1', '198.51.100.1')).toBe('127.0.0.1')
    expect(read([], '::ffff:203.0.113.5')).toBe('203.0.113.5')
  })

  it('[T26] is what a trusted proxy saw', () => {
    expect(read(['loopback'], '127.0.0.1', '198.51.100.1')).toBe('198.51.100.1')
    expect(read(['10.0.0.0/8'], '::ffff:10.1.2.3', '198.51.100.1')).toBe('198.51.100.1')
    expect(read(['loopback', '10.0.0.0/8'], '127.0.0.1', '198.51.100.1, 10.1.2.3')).toBe('198.51.100.1')
    expect(createAddressReader(['loopback'])(request('::1', '2001:db8::7'))).toEqual(
      addressBytes('2001:db8:0:0:0:0:0:7'),
    )
  })

  it('[T26] is not what the client wrote before the proxy added its own', () => {
    expect(read(['loopback'], '127.0.0.1', '1.1.1.1, 198.51.100.1')).toBe('198.51.100.1')
    expect(read(['loopback'], '203.0.113.5', '1.1.1.1')).toBe('203.0.113.5')
  })

  it('[T26] is read with the port that some proxies add', () => {
    expect(read(['loopback'], '127.0.0.1', '198.51.100.1:51234')).toBe('198.51.100.1')
    expect(createAddressReader(['loopback'])(request('::1', '[2001:db8::7]:51234'))).toHaveLength(16)
  })

  it('[T26] is that of the proxy when the header holds no address', () => {
    for (const header of ['', 'unknown', '127.1', '0x7f000001', '999.1.1.1', '1.2.3.4.5', ',,,', 'a'.repeat(8000)]) {
      expect(read(['loopback'], '127.0.0.1', header)).toBe('127.0.0.1')
    }
  })

  it('is unknown when the socket is already gone', () => {
    expect(read([], undefined)).toBeUndefined()
    expect(read(['loopback'], undefined, '198.51.100.1')).toBeUndefined()
  })
})

describe('settings with addresses', () => {
  it('read ranges of both kinds and single addresses', () => {
    expect(parsePrefix('203.0.113.0/24')).toEqual({ address: addressBytes('203.0.113.0'), bits: 24 })
    expect(parsePrefix('2001:db8::/32')).toEqual({ address: addressBytes('2001:db8:0:0:0:0:0:0'), bits: 32 })
    expect(parsePrefix('203.0.113.7')).toEqual({ address: addressBytes('203.0.113.7'), bits: 32 })
    expect(parsePrefix('::ffff:203.0.113.0/120')).toEqual({ address: addressBytes('203.0.113.0'), bits: 24 })
    expect(parseAddress('fe80::1%eth0')).toEqual(addressBytes('fe80:0:0:0:0:0:0:1'))
  })

  it.each(['10.0.0.0/33', '10.0.0/8', '10.0.0.0/', '10.0.0.0/-1', '2001:db8::/129', '::ffff:1.2.3.4/95', 'oslo', ''])(
    '[T30] refuse %j by its place, its value and an example',
    (cidr) => {
      expect(() =>
        regionsFrom([
          { name: 'a', cidrs: [] },
          { name: 'oslo', cidrs: ['10.0.0.0/8', cidr] },
        ]),
      ).toThrow(
        `tracker setting regions[1].cidrs[1]: ${JSON.stringify(cidr)} is not a range such as 203.0.113.0/24 or 2001:db8::/32`,
      )
    },
  )

  it('[T30] refuse a region without a name, and a range in two regions', () => {
    expect(() => regionsFrom([{ name: '', cidrs: [] }])).toThrow('tracker setting regions[0].name: ""')
    const twice = [
      { name: 'oslo', cidrs: ['10.0.0.0/8'] },
      { name: 'bergen', cidrs: ['10.1.0.0/8'] },
    ]
    expect(() => regionsFrom(twice)).toThrow(
      'tracker setting regions[1].cidrs[0]: "10.1.0.0/8" is already in region oslo',
    )
  })

  it('[T30] refuse a proxy that is no address', () => {
    expect(() => createAddressReader(['loopback', 'nginx'])).toThrow(
      'tracker setting trustedProxies[1]: "nginx" is not an address, a range such as 10.0.0.0/8, or one of loopback',
    )
  })
})

describe('an address in the log', () => {
  it('[T29] is the same for the same address, and cannot be read or guessed elsewhere', () => {
    const digest = createAddressDigest()
    const address = addressBytes('203.0.113.5')
    expect(digest(address)).toBe(digest(addressBytes('203.0.113.5')))
    expect(digest(address)).toMatch(/^[0-9a-f]{8}$/)
    expect(digest(address)).not.toBe(digest(addressBytes('203.0.113.6')))
    expect(digest(address)).not.toBe(createAddressDigest()(address))
  })
})
