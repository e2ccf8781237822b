import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readResults } from '../bench/result.ts'
import { sizingOf } from '../bench/sizing.ts'
import type { TrackerFigures } from '../bench/tracker-report.ts'

const guide = readFileSync(new URL('../docs/guides/sizing.md', import.meta.url), 'utf8')
const rows = new Map([...guide.matchAll(/^\| ([^|]+?) +\| ([^|]+?) +\|$/gm)].map(([, what, value]) => [what, value]))

describe('the guide to sizes', () => {
  const sizing = Object.entries(sizingOf(readResults().get('tracker')!.figures as TrackerFigures))

  it.each(sizing)('says what was measured: %s', (what, value) => {
    expect(rows.get(what)).toBe(value)
  })
})
