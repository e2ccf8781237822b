import { expect, it } from 'vitest'
import { printHelp } from './help.ts'
import { getSettings, seedSettings, serveSettings, settingName } from './settings.ts'

const text = printHelp({ usage: 'x', about: ['what it does'], settings: serveSettings, examples: [] })

it.each([serveSettings, getSettings, seedSettings])(
  'every setting is in --help, on lines that a terminal of 120 columns shows whole',
  (settings) => {
    const lines = printHelp({ usage: 'x', about: [], settings, examples: [] })
    for (const key of Object.keys(settings)) {
      expect(lines).toMatch(new RegExp(`^  (-\\w, )?(--)?${settingName(key)} `, 'm'))
    }
    for (const line of lines.split('\n')) expect(line.length).toBeLessThanOrEqual(120)
  },
)

it('says how the variables are called', () => {
  expect(text).toContain('--egress-rate is NEARCAST_EGRESS_RATE')
})
