import { describe, expect, it } from 'vitest'
import { coversOrigin, isWebOrigin } from './web-origins.ts'

describe('the origin of a page', () => {
  it.each([
    'https://example.org',
    'https://*.example.org',
    'http://localhost:8080',
    'http://127.0.0.1:3000',
    'http://[::1]:8080',
  ])('[T125] %s can be listed', (text) => expect(isWebOrigin(text)).toBe(true))

  it.each([
    'example.org',
    'https://example.org/',
    'https://example.org/page',
    'https://Example.org',
    'https://example.org:443',
    'http://example.org:080',
    'http://example.org:70000',
    'https://*',
    'https://*.*.org',
    'https://ex*mple.org',
    'https://user@example.org',
    'ftp://example.org',
    'null',
    '*',
    '',
    7,
    `https://${'a'.repeat(300)}.org`,
  ])('[T125] %s cannot: no browser writes it so', (text) => expect(isWebOrigin(text)).toBe(false))

  it.each([
    ['https://example.org', 'https://example.org', true],
    ['https://example.org', 'http://example.org', false],
    ['https://example.org', 'https://example.org:8443', false],
    ['https://example.org', 'https://a.example.org', false],
    ['https://*.example.org', 'https://a.example.org', true],
    ['https://*.example.org', 'https://a.b.example.org', true],
    ['https://*.example.org', 'https://example.org', false],
    ['https://*.example.org', 'https://notexample.org', false],
    ['https://*.example.org', 'https://example.org.evil.test', false],
    ['https://*.example.org', 'http://a.example.org', false],
    ['https://*.example.org', 'null', false],
    ['https://*.example.org:8443', 'https://a.example.org:8443', true],
  ])('[T125] %s and %s: %s', (pattern, origin, covers) => expect(coversOrigin(pattern, origin)).toBe(covers))
})
