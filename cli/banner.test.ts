import { expect, it } from 'vitest'
import { pageAddresses, printBanner } from './banner.ts'

it('tells where to look, what is served, the cap, and the tag to copy', () => {
  const banner = printBanner(
    {
      version: '1.2.3',
      addresses: ['http://localhost:8080'],
      folder: '/srv/files',
      softwarePath: '/node-v20',
      egressBytesPerSecondMax: 4_194_304,
      stunPort: undefined,
    },
    false,
  )
  for (const part of ['1.2.3', 'http://localhost:8080/', '/srv/files', '/node-v20', '4 MiB/s', '"granted"']) {
    expect(banner).toContain(part)
  }
  expect(banner).not.toContain('\u001b')
})

it('localhost comes first when the server listens everywhere, and a host alone when one was given', () => {
  expect(pageAddresses(undefined, 80)[0]).toBe('http://localhost:80')
  expect(pageAddresses('::', 80)[0]).toBe('http://localhost:80')
  expect(pageAddresses('::1', 80)).toEqual(['http://[::1]:80'])
  expect(pageAddresses('127.0.0.1', 80)).toEqual(['http://127.0.0.1:80'])
})
