/** `nearcast get`: fetches one file like curl does, from peers as well, and checks every byte. */
import { statSync } from 'node:fs'
import { join, relative } from 'node:path'
import {
  fileNameOf,
  loadWebRtc,
  NearcastError,
  type NodeClientOptions,
  partSuffix,
  type Saved,
  type SaveProgress,
  saveUrl,
  streamUrl,
  webRtcPackage,
} from '../client/node.ts'
import { trustFolder } from './cache-folder.ts'
import { printHelp } from './help.ts'
import { keyOption } from './key-file.ts'
import { installCommand } from './package.ts'
import { ProgressBar } from './progress-bar.ts'
import { formatBytes, formatDuration, formatRate } from './quantity.ts'
import { exitCodes, Refusal, systemErrorCode, usageRefusal } from './refusal.ts'
import { readSettings } from './setting-sources.ts'
import { type GetSettings, getSettings } from './settings.ts'
import { exitCodeOf, exitSoon, onSignal } from './stopping.ts'
import { tokenOption } from './token-option.ts'
import { trackerOf } from './tracker-address.ts'

const help = {
  usage: 'nearcast get <url> [options]',
  about: [
    'Fetches a file from its server and from peers that have it, and checks every byte against the manifest that the',
    'server publishes beside it. Without a manifest it is a plain download. A download that was ended goes on where it',
    'was. Peers learn the address of this machine; --tracker none connects to nobody but the server.',
  ],
  settings: getSettings,
  notes: [
    'Exit codes: 0 done; 1 the network, the server or the disk failed; 2 the command is wrong; 3 the bytes are wrong;',
    '130 ended by Ctrl-C, 143 by SIGTERM. What was fetched until then is kept, and the same command goes on with it.',
  ],
  examples: [
    'nearcast get https://example.org/game-2.1.zip',
    'nearcast get https://example.org/game-2.1.zip -o /srv/games/ --upload-rate 2MiB/s --linger 10m',
    'nearcast get https://example.org/data.tar -o - | tar x',
  ],
}

const shown = (path: string) => {
  const near = relative(process.cwd(), path)
  return near === '' || near.startsWith('..') ? path : near
}

const isThere = (path: string, isFolder: boolean) => {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats !== undefined && (!isFolder || stats.isDirectory())
}

/** Where the file goes. @throws Refusal when there is no name for it, or another file has it */
function outputPath(url: string, { output, force }: GetSettings): string {
  const folder = output === undefined ? process.cwd() : isThere(output, true) ? output : undefined
  const name = fileNameOf(url)
  if (folder !== undefined && name === undefined) {
    throw usageRefusal(`${url} names no file: say where to save it with -o`)
  }
  const path = folder === undefined ? output! : join(folder, name!)
  if (isThere(path, true)) throw usageRefusal(`${shown(path)} is a folder: say where to save the file with -o`)
  if (!force && isThere(path, false)) {
    throw usageRefusal(`${shown(path)} is there already: -f replaces it, -o saves under another name`)
  }
  return path
}

/** The client's part of the settings; says what to install when peers are asked for and cannot be had. */
async function clientOptions(url: string, settings: GetSettings): Promise<NodeClientOptions> {
  const { mode, tracker, uploadRate = Number.POSITIVE_INFINITY, unsigned } = settings
  const trust = { ...keyOption(settings), unsigned, trustDir: trustFolder() }
  const common = { mode, uploadBytesPerSecondMax: uploadRate, ...trust }
  if (tracker === 'none') return common
  const webRtc = await loadWebRtc()
  if (typeof webRtc === 'string') {
    process.stderr.write(`nearcast get: from the server alone; for peers as well: ${installCommand(webRtcPackage)}\n`)
    return common
  }
  const notice = (text: string) => process.stderr.write(`nearcast get: ${text}\n`)
  return { ...common, webRtc, consent: 'granted', tracker: trackerOf(tracker, url), notice, ...tokenOption(settings) }
}

const codes: Partial<Record<NearcastError['code'], number>> = {
  usage: exitCodes.usage,
  'corrupt-origin': exitCodes.integrity,
  untrusted: exitCodes.integrity,
}

/** Why it failed, in one line; the cause says what `fetch failed` does not. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof NearcastError)) return error
  const { cause } = error
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  const why = inner instanceof Error ? ` (${inner.message || systemErrorCode(inner)})` : ''
  const text = error.message.replace(/^nearcast: /, '')
  const message = text.includes(why.slice(2, -1)) ? text : `${text}${why}`
  return new Refusal(message, codes[error.code] ?? exitCodes.world, { cause: error })
}

function summary(path: string, saved: Saved): string {
  const { bytes, ms, from, uploaded } = saved
  const sources = Object.entries(from)
    .filter(([, amount]) => amount > 0)
    .map(([source, amount]) => `${formatBytes(amount)} from ${source === 'store' ? 'before' : source}`)
  const rate = formatRate((bytes * 1000) / Math.max(1, ms))
  const sent = uploaded > 0 ? `; ${formatBytes(uploaded)} sent to peers` : ''
  return `${path}: ${formatBytes(bytes)} in ${formatDuration(ms)} (${rate}): ${sources.join(', ')}${sent}`
}

/** What a person at the terminal sees meanwhile; nothing elsewhere. */
function openBar(): { draw(progress: SaveProgress): void; erase(): void } {
  const isTerminal = process.stderr.isTTY && process.env.TERM !== 'dumb'
  return isTerminal ? new ProgressBar(process.stderr, () => performance.now()) : { draw() {}, erase() {} }
}

/** Fetches, and sets the exit code. @throws Refusal why it cannot */
export async function get(args: readonly string[]): Promise<void> {
  const settings = readSettings(getSettings, { args, env: process.env, workFolder: process.cwd() })
  if (settings === undefined) {
    console.log(printHelp(help, args))
    return
  }
  const { url, output, json, linger } = settings
  if (url === undefined) throw usageRefusal('which file? give its URL; --help says more')
  if (output === '-' && json) throw usageRefusal('--json and -o - both want stdout: choose one')
  const path = output === '-' ? '-' : outputPath(url, settings)
  const ended = new AbortController()
  onSignal((name) => ended.abort(name))
  const { signal } = ended
  const options = await clientOptions(url, settings)
  const bar = openBar()
  let last: SaveProgress | undefined
  const onProgress = (progress: SaveProgress) => {
    last = progress
    bar.draw(progress)
  }
  try {
    const saved =
      path === '-'
        ? await streamUrl({ url, sink: process.stdout, signal, onProgress }, options)
        : await saveUrl({ url, path, signal, lingerMs: linger, onProgress }, options)
    bar.erase()
    if (process.stderr.isTTY) process.stderr.write(`${summary(path === '-' ? url : shown(path), saved)}\n`)
    if (json) {
      const { bytes, sha256, ms, from, uploaded } = saved
      console.log(JSON.stringify({ url, path, bytes, sha256, ms: Math.round(ms), from, uploaded }))
    }
    exitSoon(0)
  } catch (error) {
    bar.erase()
    exitSoon(exitCodes.world)
    if (!signal.aborted) throw refusalOf(error)
    const kept = path === '-' || !last ? '' : `; ${formatBytes(last.doneBytes)} are kept in ${shown(path)}${partSuffix}`
    throw new Refusal(`ended by ${signal.reason}${kept}`, exitCodeOf(signal.reason))
  }
}
