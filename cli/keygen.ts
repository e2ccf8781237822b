/** `nearcast keygen`: makes the key that signs a site's manifests, or the one that replaces it. */
import { newSiteKey } from '../origin/main.ts'
import { printHelp } from './help.ts'
import { siteKeyIn, writeNew } from './key-file.ts'
import { type KeygenSettings, keygenSettings } from './publishing-settings.ts'
import { usageRefusal } from './refusal.ts'
import { readSettings } from './setting-sources.ts'

const help = {
  usage: 'nearcast keygen <file> [options]',
  about: [
    'Makes a key of Ed25519 that signs manifests (nearcast publish --key, nearcast serve --key). The private key goes into',
    'the file, which only you can read; the public key is printed, in the one line that pages pin (data-key) and that',
    'nearcast get, seed and verify take (--key).',
  ],
  settings: keygenSettings,
  notes: ['Keep a copy of the file where no server is: who has lost it must have every page pin another key.'],
  examples: [
    'nearcast keygen site.key',
    'nearcast keygen next.key --replaces site.key      (pages that pin the old key follow)',
    'nearcast keygen site.key --public                 (prints the public key again)',
  ],
}

function make({ file, replaces }: KeygenSettings): string {
  const former = replaces === undefined ? undefined : siteKeyIn(replaces)
  const { text, key } = newSiteKey(former, Date.now())
  writeNew(file!, text, 0o600)
  process.stderr.write(`${file}: the private key, for whoever publishes; the public one is\n`)
  return key.publicText
}

/** Makes a key and prints its public half. @throws Refusal why it cannot */
export async function keygen(args: readonly string[]): Promise<void> {
  const settings = readSettings(keygenSettings, { args, env: process.env, workFolder: process.cwd() })
  if (settings === undefined) return console.log(printHelp(help, args))
  const { file, replaces, public: isPublic } = settings
  if (file === undefined) throw usageRefusal('into which file? --help says more')
  if (isPublic && replaces !== undefined) throw usageRefusal('--public makes no key that could replace another')
  console.log(isPublic ? siteKeyIn(file).publicText : make(settings))
}
