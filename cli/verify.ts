/** `nearcast verify`: checks manifests against the content that they speak of, in a folder or at URLs. */
import { resolve } from 'node:path'
import { createManifestDesk, verifyUrl } from '../client/node.ts'
import { verifyFolder } from '../origin/main.ts'
import { readPublicKeys } from '../shared/public-key.ts'
import { requireFolder } from './given-folder.ts'
import { printHelp } from './help.ts'
import { keyOption } from './key-file.ts'
import { count } from './live-line.ts'
import { printable } from './log.ts'
import { type VerifySettings, verifySettings } from './publishing-settings.ts'
import { formatBytes } from './quantity.ts'
import { exitCodes, Refusal, usageRefusal } from './refusal.ts'
import { urlKind } from './setting-kinds.ts'
import { readSettings } from './setting-sources.ts'
import { basePathOf } from './signing-settings.ts'
import { exitCodeOf, onSignal } from './stopping.ts'

const help = {
  usage: 'nearcast verify <folder|url…> [options]',
  about: [
    'Checks what nearcast publish wrote: every manifest of a folder against the file beside it, or files at their URLs as',
    'visitors get them, all bytes of them. Says file by file what is wrong.',
  ],
  settings: verifySettings,
  notes: [
    'Exit codes: 0 all is right; 1 the check could not be made; 2 the command is wrong; 3 something is wrong, and named.',
  ],
  examples: ['nearcast verify ./site --key site.key', 'nearcast verify https://example.org/game-2.1.zip'],
}

/** What was found of one file. */
interface Found {
  /** A path below the folder, or a URL. */
  place: string
  bytes: number
  faults: string[]
  notes: string[]
}

function say({ place, faults, notes }: Found): void {
  for (const fault of faults) console.log(printable(`wrong  ${place}: ${fault}`))
  for (const note of notes) console.log(printable(`note   ${place}: ${note}`))
}

async function findingsOf(settings: VerifySettings, signal: AbortSignal, tell: (found: Found) => void) {
  const { sources, out, baseUrl } = settings
  const pinned = keyOption(settings)
  const keys = pinned.key === undefined ? undefined : readPublicKeys(pinned.key)
  const [first] = sources
  if (first === undefined) throw usageRefusal('what? give a folder, or URLs of files; --help says more')
  const urls = sources.map((word) => urlKind.read(word, ''))
  if (urls.every((url) => url !== undefined)) return findingsAt(urls, pinned, signal, tell)
  const wrong = sources.find((_, i) => urls[i] === undefined)!
  if (sources.length > 1) throw usageRefusal(`either URLs or one folder: ${JSON.stringify(wrong)} is no URL`)
  const toFound = ({ path, ...rest }: { path: string } & Omit<Found, 'place'>): Found => ({ place: path, ...rest })
  const folder = requireFolder(resolve(first))
  const found = await verifyFolder({
    folder,
    outFolder: out,
    keys,
    basePath: basePathOf(baseUrl),
    signal,
    onFile: (file) => tell(toFound(file)),
  })
  if (found.length === 0) throw new Refusal(`there is no manifest in ${out ?? folder}: nearcast publish writes them`)
  return found.map(toFound)
}

async function findingsAt(
  urls: readonly string[],
  pinned: { key?: string },
  signal: AbortSignal,
  tell: (found: Found) => void,
) {
  const manifests = createManifestDesk(pinned)
  const found: Found[] = []
  for (const url of urls) {
    const { url: place, ...rest } = await verifyUrl(url, manifests, signal)
    found.push({ place, ...rest })
    tell(found.at(-1)!)
  }
  return found
}

/** Checks, and sets the exit code. @throws Refusal when it cannot */
export async function verify(args: readonly string[]): Promise<void> {
  const settings = readSettings(verifySettings, { args, env: process.env, workFolder: process.cwd() })
  if (settings === undefined) return console.log(printHelp(help, args))
  const ended = new AbortController()
  onSignal((name) => ended.abort(name))
  const { signal } = ended
  try {
    const found = await findingsOf(settings, signal, settings.json ? () => {} : say)
    signal.throwIfAborted()
    const wrong = found.filter(({ faults }) => faults.length > 0)
    const bytes = found.reduce((sum, one) => sum + one.bytes, 0)
    if (settings.json) console.log(JSON.stringify({ files: found.length, bytes, wrong: wrong.length, found }))
    else console.log(`${count(found.length, 'file')} of ${formatBytes(bytes)} checked, ${wrong.length} wrong`)
    process.exitCode = wrong.length > 0 ? exitCodes.integrity : 0
  } catch (error) {
    if (signal.aborted) throw new Refusal(`ended by ${signal.reason}`, exitCodeOf(signal.reason))
    if (error instanceof Refusal) throw error
    throw new Refusal((error as Error).message, undefined, { cause: error })
  }
}
