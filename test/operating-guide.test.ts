/** docs/guides/operating.md: its tables are those of the code, and what it tells people to write is taken. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSettings } from '../cli/setting-sources.ts'
import { doctorSettings, trackerCommandSettings } from '../cli/settings.ts'
import { originMetrics } from '../origin/main.ts'
import { trackerMetrics } from '../tracker/main.ts'
import { repository } from './house/modules.ts'

const guide = readFileSync(join(repository, 'docs/guides/operating.md'), 'utf8')
const metrics = [...trackerMetrics, ...originMetrics]

/** The cells of a table's rows, without the marks around code. */
const rowsOf = (heading: string): string[][] =>
  guide
    .slice(guide.indexOf(`\n## ${heading}`))
    .slice(1)
    .split(/\n## /, 1)[0]!
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(2, -2)
        .split(' | ')
        .map((cell) => cell.trim().replaceAll('`', '')),
    )

/** The lines of all blocks of a language. */
const linesOf = (language: string): string[] =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].flatMap(([, text]) => text!.split('\n'))

it('[T203] the table of metrics is that of the code', () => {
  const written = metrics.map(({ name, type, labels, help }) => [
    name,
    type,
    labels.join(', '),
    help.replace(/\.$/, ''),
  ])
  expect(rowsOf('Metrics')).toEqual(written)
})

it('alerts name only metrics and labels that there are', () => {
  const alerts = rowsOf('Alerts worth having').map(([alert]) => alert!)
  const named = alerts.flatMap((alert) => [...alert.matchAll(/\b((?:tracker|origin)_\w+)(?:\{(\w+)=)?/g)])
  expect(named.length).toBeGreaterThanOrEqual(alerts.length)
  for (const [, name, label] of named) {
    const metric = metrics.find((one) => one.name === name!.replace(/_bucket$/, ''))
    expect(metric, name).toBeDefined()
    if (label !== undefined) expect(metric?.labels).toContain(label)
  }
})

describe('the commands of the guide are taken as they stand', () => {
  const commands = [...linesOf('sh'), ...linesOf('ini')].flatMap(
    (line) => /\bnearcast (tracker|doctor) (.*)$/.exec(line) ?? [],
  )
  const tables = { tracker: trackerCommandSettings, doctor: doctorSettings }

  it('and there are some', () => expect(commands.length).toBeGreaterThanOrEqual(9))

  it.each(Array.from({ length: commands.length / 3 }, (_, i) => commands.slice(3 * i + 1, 3 * i + 3)))(
    'nearcast %s %s',
    (name, words) => {
      const args = words!.split(' ')
      expect(readSettings(tables[name as keyof typeof tables], { args, env: {}, workFolder: '/' })).toBeDefined()
    },
  )
})
