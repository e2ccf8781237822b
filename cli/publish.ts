/** `nearcast publish`: writes the manifests of a folder that any static host can serve then. */
import { type PublishProgress, type PublishReport, publishFolder } from '../origin/main.ts'
import { cacheFolder } from './cache-folder.ts'
import { requireFolder } from './given-folder.ts'
import { printHelp } from './help.ts'
import { signingOf } from './key-file.ts'
import { count, LiveLine } from './live-line.ts'
import { printable } from './log.ts'
import { type PublishSettings, publishSettings } from './publishing-settings.ts'
import { formatBytes } from './quantity.ts'
import { exitCodes, Refusal, usageRefusal } from './refusal.ts'
import { readSettings } from './setting-sources.ts'
import { basePathOf } from './signing-settings.ts'
import { exitCodeOf, onSignal } from './stopping.ts'

const help = {
  usage: 'nearcast publish <folder> [options]',
  about: [
    'Writes a manifest beside each large file of a folder, so that any static host can serve the folder and visitors can',
    'share its files. What did not change is not written again; the manifest of a file that is gone is removed. Changes',
    'nothing else in the folder.',
  ],
  settings: publishSettings,
  notes: ['Exit codes: 0 done; 1 some files could not be published, which are named; 2 the command is wrong.'],
  examples: [
    'nearcast publish ./site',
    'nearcast publish ./site --match "*.mp4,/downloads/**" --exclude "*.tmp" --min-size 256KiB',
    'nearcast publish ./site --key site.key --base-url https://example.org/files/',
    'nearcast publish ./site --out ./manifests --json',
  ],
}

interface Drawn extends PublishProgress {
  bytesSent: number
}

const formatDone = ({ filesDone, files, bytesDone, bytes, path }: Drawn): string =>
  [`${filesDone} of ${count(files, 'file')}`, `${formatBytes(bytesDone)} of ${formatBytes(bytes)}`, path].join('  ·  ')

/** What a person at the terminal sees meanwhile; nothing elsewhere. */
function openLine(): { draw(progress: PublishProgress): void; stop(): void } {
  if (!process.stderr.isTTY || process.env.TERM === 'dumb') return { draw() {}, stop() {} }
  let drawn: Drawn = { filesDone: 0, files: 0, bytesDone: 0, bytes: 0, path: '', bytesSent: 0 }
  const line = new LiveLine(
    process.stderr,
    () => drawn,
    () => performance.now(),
    (numbers: Drawn) => printable(formatDone(numbers)),
  )
  line.start()
  return {
    draw(progress) {
      drawn = { ...progress, bytesSent: progress.bytesDone }
    },
    stop: () => line.stop(),
  }
}

function say({ written, removed, files, bytes, failed }: PublishReport): void {
  for (const path of written) console.log(printable(`written  ${path}`))
  for (const path of removed) console.log(printable(`removed  ${path}`))
  const unchanged = files - written.length
  const facts = [
    `${count(files, 'file')} of ${formatBytes(bytes)} with a manifest`,
    `${written.length} written`,
    `${unchanged} unchanged`,
    `${removed.length} removed`,
    ...(failed.length > 0 ? [`${failed.length} failed`] : []),
  ]
  console.log(facts.join(', '))
}

/** The folders of the settings. @throws Refusal when there is none */
function optionsOf({ folder, out, hashFolder, match, exclude, minSize, ...signer }: PublishSettings) {
  if (folder === undefined) throw usageRefusal('which folder? --help says more')
  return {
    folder: requireFolder(folder),
    outFolder: out,
    hashFolder: hashFolder ?? cacheFolder(),
    selection: { bytesMin: minSize, match, exclude },
    signing: signingOf(signer),
    basePath: basePathOf(signer.baseUrl),
    isRenewal: signer.renew,
    mirrors: signer.mirror,
  }
}

/** Publishes, and sets the exit code. @throws Refusal when nothing can be done, or something failed */
export async function publish(args: readonly string[]): Promise<void> {
  const settings = readSettings(publishSettings, { args, env: process.env, workFolder: process.cwd() })
  if (settings === undefined) return console.log(printHelp(help, args))
  const options = optionsOf(settings)
  const ended = new AbortController()
  onSignal((name) => ended.abort(name))
  const { signal } = ended
  const line = openLine()
  const report = await publishFolder({ ...options, signal, onProgress: (progress) => line.draw(progress) })
    .catch((error: Error) => {
      throw new Refusal(error.message, undefined, { cause: error })
    })
    .finally(() => line.stop())
  if (signal.aborted)
    throw new Refusal(`ended by ${signal.reason}; what was written is whole`, exitCodeOf(signal.reason))
  for (const { path, reason } of report.failed) process.stderr.write(`${printable(`failed  ${path}: ${reason}`)}\n`)
  if (settings.json) {
    const { files, bytes, written, removed, failed } = report
    const key = options.signing && { key: options.signing.key.publicText }
    console.log(JSON.stringify({ folder: options.folder, ...key, files, bytes, written, removed, failed }))
  } else say(report)
  process.exitCode = report.failed.length > 0 ? exitCodes.world : 0
}
