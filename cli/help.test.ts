import { expect, it } from 'vitest'
import { printHelp } from './help.ts'
import { serveSettings, settingName } from './settings.ts'

const text = printHelp({ usage: 'x', about: ['what it does'], settings: serveSettings, examples: [] })

it('every setting is in --help, on lines that a terminal of 120 columns shows whole', () => {
  for (const key of Object.keys(serveSettings)) expect(text).toMatch(new RegExp(`^  (--)?${settingName(key)} `, 'm'))
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(120)
})

it('says how the variables are called', () => {
  expect(text).toContain('--egress-rate is NEARCAST_EGRESS_RATE')
})
