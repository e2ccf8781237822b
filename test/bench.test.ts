import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { aims } from '../bench/aims.ts'
import { readResults } from '../bench/result.ts'
import { simVerdicts } from '../bench/sim-verdicts.ts'
import { printSummary } from '../bench/summary.ts'

const result = {
  bench: 'link',
  date: '2026-01-31',
  machine: '2 cores',
  loadBefore: 0.1,
  versions: { nearcast: '1.2.3', chromium: '150' },
  verdicts: { link: { measured: '0.5 of it', isReached: false } },
  details: ['| a | table |'],
  figures: {},
}

describe('the summary of the benches', () => {
  it('is in the repository as their results make it', () => {
    expect(readFileSync(new URL('../bench/results/README.md', import.meta.url), 'utf8')).toBe(
      printSummary(readResults(), simVerdicts()),
    )
  })

  it('has every aim, and says what fell short and what was not measured', () => {
    const summary = printSummary(new Map([['link', result]]))
    for (const { scenario } of aims) expect(summary).toContain(`| ${scenario} |`)
    expect(summary).toContain('| ≥ 0.9 | 0.5 of it | **short** |')
    expect(summary).toContain('| faster by ≥ 2 × | not measured | – |')
  })

  it('has of each simulated aim every scenario, also one that was never run', () => {
    const { 'crowd-simulated': crowd, offload } = simVerdicts()
    expect(crowd?.measured).toMatch(/flash-crowd-100 .*flash-crowd-1000/)
    expect(offload?.measured).toMatch(/joining.*passing-10/)
    expect(printSummary(new Map(), { offload: { measured: 'joining: 0.9', isReached: false } })).toContain(
      '| joining: 0.9 | **short** |',
    )
  })

  it('says for each result when, on what and with which versions it was measured, and how to repeat it', () => {
    const summary = printSummary(new Map([['link', result]]))
    expect(summary).toContain('2026-01-31, 2 cores, load before it 0.1; nearcast 1.2.3, chromium 150.')
    expect(summary).toContain('`npm run bench -- link`')
    expect(summary).toContain('| a | table |')
  })
})
