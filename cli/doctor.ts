/** `nearcast doctor`: looks at a tracker from outside, as a client does, and says what to mend. */
import { Examination, shownUrlOf, trackerUrlOf } from './doctor/examination.ts'
import { count, type Finding, printFinding } from './doctor/finding.ts'
import { isSecure } from './doctor/reach.ts'
import { printHelp } from './help.ts'
import { exitCodes, usageRefusal } from './refusal.ts'
import { readSettings } from './setting-sources.ts'
import { type DoctorSettings, doctorSettings } from './settings.ts'

const help = {
  usage: 'nearcast doctor <url> [options]',
  about: [
    'Looks at a tracker from outside, as a page does: its name, TLS, the upgrade through whatever stands before it, what it',
    'sees of its clients, and whether two of them are introduced. Says what to mend, and where.',
  ],
  settings: doctorSettings,
  examples: [
    'nearcast doctor https://example.org',
    'nearcast doctor wss://tracker.example.org --origin https://example.org --slow',
  ],
  notes: ['It ends with 0 when nothing is wrong, 1 when something is, 2 when the command itself is wrong.'],
}

/** What takes longer than this is lost on visitors too. */
const patienceMs = 5_000

/** Longer than the 60 s after which proxies end what is quiet. */
const quietMs = 75_000

/** A page of the tracker's own host, unless another is named. */
const originOf = ({ origin }: DoctorSettings, url: URL): string =>
  new URL(origin ?? `${isSecure(url) ? 'https' : 'http'}://${url.host}`).origin

function summary(findings: readonly Finding[]): string {
  const faults = count(findings, 'fault')
  const warnings = count(findings, 'warning')
  if (faults > 0) return `${faults === 1 ? 'One thing is' : `${faults} things are`} to be mended.`
  return warnings > 0 ? 'It works, but see above.' : 'All is well.'
}

/** @throws Refusal when the command is wrong */
export async function doctor(args: readonly string[]): Promise<void> {
  const settings = readSettings(doctorSettings, { args, env: process.env, workFolder: process.cwd() })
  if (settings === undefined) {
    console.log(printHelp(help, args))
    return
  }
  const { url: text, swarm, json, slow } = settings
  if (text === undefined) throw usageRefusal('which tracker? give its URL; --help says more')
  const url = trackerUrlOf(text)
  const isColored = process.stdout.isTTY && !process.env.NO_COLOR
  if (!json) console.log(`\n  ${shownUrlOf(url)}\n`)
  const examination = new Examination({
    url,
    origin: originOf(settings, url),
    token: settings.token,
    swarm,
    patienceMs,
    quietMs: slow ? quietMs : undefined,
    tell: (finding) => {
      if (!json) console.log(printFinding(finding, isColored))
    },
  })
  const findings = await examination.run()
  const isWell = count(findings, 'fault') === 0
  if (json) console.log(JSON.stringify({ url: shownUrlOf(url), ok: isWell, findings }))
  else console.log(`\n  ${summary(findings)}`)
  process.exitCode = isWell ? 0 : exitCodes.world
}
