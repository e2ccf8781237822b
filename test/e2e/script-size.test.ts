/** What the built scripts weigh: a page pays for each byte before it gets anything for it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { repository } from '../house/modules.ts'

const gzipBytes = (name: string) => gzipSync(readFileSync(join(repository, 'dist/browser', name)), { level: 9 }).length

it('[B1] the script that loads first is small, and so is all that a page loads', () => {
  const first = gzipBytes('nearcast.js')
  expect(first).toBeLessThanOrEqual(6_600)
  expect(first + gzipBytes('engine.js')).toBeLessThanOrEqual(66_000)
  expect(gzipBytes('sw.js')).toBeLessThanOrEqual(4_500)
})
