/** What a person reads when the server is up: where to look, what is served, what to copy. */
import { networkInterfaces } from 'node:os'
import { formatRate } from './quantity.ts'

export interface BannerFacts {
  version: string
  addresses: readonly string[]
  folder: string | undefined
  /** The path of the demo's software download, with --demo. */
  softwarePath: string | undefined
  egressBytesPerSecondMax: number | undefined
  /** Where STUN is answered over UDP, if it is. */
  stunPort: number | undefined
  /** The admin port, where there is one. */
  admin?: string
}

const isEverywhere = (host: string | undefined) => host === undefined || host === '::' || host === '0.0.0.0'

/** The addresses to open, the one for this machine first. */
export function pageAddresses(host: string | undefined, port: number): string[] {
  const url = (name: string) => `http://${name.includes(':') ? `[${name}]` : name}:${port}`
  if (host !== undefined && !isEverywhere(host)) return [url(host)]
  const outside = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((one) => !one.internal && one.family === 'IPv4')
    .map((one) => url(one.address))
  return [url('localhost'), ...outside]
}

export interface TrackerFacts {
  version: string
  addresses: readonly string[]
  /** The tracker at each of the addresses, as a client names it. */
  tracker: readonly string[]
  /** Where STUN is answered over UDP, if it is. */
  stunPort: number | undefined
  /** The admin port, where there is one. */
  admin?: string
}

export function printTrackerBanner({ version, tracker, admin }: TrackerFacts, isColored: boolean): string {
  const rows: Row[] = tracker.map((url, index) => [index > 0 ? '' : 'Tracker at', url])
  if (admin !== undefined) rows.push(['Admin', admin])
  const script = 'https://your-site.example/.nearcast/nearcast.js'
  rows.push([
    'Script tag',
    `<script src="${script}" data-tracker="${tracker[0]}" data-consent="granted" defer></script>`,
  ])
  rows.push(['In public', 'wss, so behind a proxy with TLS: nearcast tracker --host 127.0.0.1 --trust-proxy loopback'])
  return printRows(version, rows, isColored)
}

export function printBanner(facts: BannerFacts, isColored: boolean): string {
  const { version, addresses, folder, softwarePath, egressBytesPerSecondMax } = facts
  const isDemo = softwarePath !== undefined
  const rows: Row[] = addresses.map((address, index) => [
    index > 0 ? '' : isDemo ? 'Open' : 'Files at',
    `${address}/${index === 0 && isDemo ? '   in two tabs: the second gets the file from the first' : ''}`,
  ])
  if (folder !== undefined) rows.push(['Serving', folder])
  if (isDemo) rows.push([folder === undefined ? 'Serving' : '', `${softwarePath}   the running Node executable`])
  rows.push([
    'Egress',
    egressBytesPerSecondMax === undefined
      ? 'no cap (--egress-rate sets one)'
      : `capped at ${formatRate(egressBytesPerSecondMax)} in all${isDemo ? ', to show a thin line' : ''} (--egress-rate changes it)`,
  ])
  rows.push([
    'Script tag',
    '<script src="/.nearcast/nearcast.js" data-tracker="auto" data-consent="granted" defer></script>',
  ])
  if (facts.admin !== undefined) rows.push(['Admin', facts.admin])
  return printRows(version, rows, isColored)
}

type Row = [label: string, text: string]

function printRows(version: string, rows: readonly Row[], isColored: boolean): string {
  const dim = (text: string) => (isColored ? `\u001b[2m${text}\u001b[0m` : text)
  const bold = (text: string) => (isColored ? `\u001b[1m${text}\u001b[0m` : text)
  const width = Math.max(...rows.map(([label]) => label.length))
  const lines = rows.map(([label, text]) => `  ${dim(label.padEnd(width))}  ${text}`)
  return ['', `  ${bold(`Nearcast ${version}`)}`, '', ...lines, '', `  ${dim('Ctrl-C stops it.')}`, ''].join('\n')
}
