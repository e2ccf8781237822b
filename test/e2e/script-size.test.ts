/** What the built script weighs: a page pays for each byte before it gets anything for it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { repository } from '../house/modules.ts'

const gzipBytes = (name: string) => gzipSync(readFileSync(join(repository, 'dist/browser', name)), { level: 9 }).length

it('[B1] all that a page loads is small', () => {
  expect(gzipBytes('nearcast.js')).toBeLessThanOrEqual(56_000)
})
