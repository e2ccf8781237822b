import { describe, expect, it } from 'vitest'
import { printHelp } from './help.ts'
import { type SettingTable, settingName } from './setting.ts'
import { getSettings, seedSettings, serveSettings, trackerCommandSettings } from './settings.ts'

const print = (settings: SettingTable, ...args: string[]) =>
  printHelp({ usage: 'x', about: ['what it does'], settings, examples: [] }, args)

const lineOf = (key: string) => new RegExp(`^  (-\\w, )?(--)?${settingName(key)} `, 'm')

it.each([serveSettings, trackerCommandSettings, getSettings, seedSettings])(
  'every setting is in --help all, on lines that a terminal of 120 columns shows whole',
  (settings) => {
    const lines = print(settings, '--help', 'all')
    for (const key of Object.keys(settings)) expect(lines).toMatch(lineOf(key))
    for (const line of lines.split('\n')) expect(line.length).toBeLessThanOrEqual(120)
  },
)

describe('the help of a command with many settings', () => {
  it('shows the common ones first, and says how to see the others', () => {
    const text = print(trackerCommandSettings, '--help')
    expect(text).toMatch(lineOf('port'))
    expect(text).not.toMatch(lineOf('joinsPerSecond'))
    expect(text).toMatch(/^ {2}--help limits /m)
  })

  it('shows one part when it is asked for', () => {
    const text = print(trackerCommandSettings, '--help', 'limits')
    expect(text).toMatch(lineOf('joinsPerSecond'))
    expect(text).not.toMatch(lineOf('port'))
  })

  it('is the common one for a word that names no part, and says nothing of parts where there are none', () => {
    expect(print(serveSettings, '-h', 'nonsense')).toBe(print(serveSettings, '--help'))
    expect(print(getSettings, '--help')).not.toContain('--help all')
  })
})

it('says how the variables are called', () => {
  expect(print(serveSettings)).toContain('--egress-rate is NEARCAST_EGRESS_RATE')
})
