/**
 * Bundles simple-peer from its own source, with client/shell/simple-peer-needs.ts for what it requires of Node. Its
 * prebuilt file carries readable-stream, buffer and four more: 28 KB gzip in place of 5.
 */
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

const needs = fileURLToPath(new URL('../client/shell/simple-peer-needs.ts', import.meta.url))

/** What stands at the head of its source, and what takes its place. The version is locked: a miss is an error. */
const replacements: readonly [string | RegExp, string][] = [
  ["const debug = require('debug')('simple-peer')\n", ''],
  ["const getBrowserRTC = require('get-browser-rtc')\n", ''],
  ["const randombytes = require('randombytes')\n", ''],
  ["const stream = require('readable-stream')\n", ''],
  [/const queueMicrotask = require\('queue-microtask'\).*\n/, ''],
  ["const errCode = require('err-code')\n", ''],
  [
    "const { Buffer } = require('buffer')\n",
    `import { Buffer, Duplex, errCode, getBrowserRTC, queueMicrotask, randombytes } from ${JSON.stringify(needs)}\n`,
  ],
  ['extends stream.Duplex', 'extends Duplex'],
  // Its debug output, which a page has no way to turn on.
  [/^ *this\._debug\(.*\)\n/gm, ''],
  [/^( *)this\._debug\(\n[\s\S]*?\n\1\)\n/gm, ''],
  [/ {2}_debug \(\) \{[^}]*\}\n/, ''],
  ['module.exports = Peer', 'export default Peer'],
]

export function simplePeerSource(): Plugin {
  return {
    name: 'simple-peer-source',
    enforce: 'pre',
    resolveId(source, importer) {
      return source === 'simple-peer/simplepeer.min.js' ? this.resolve('simple-peer/index.js', importer) : undefined
    },
    transform(code, id) {
      return id.endsWith('/simple-peer/index.js') ? { code: asModule(code), map: null } : undefined
    },
  }
}

/** @throws when the source is not the one that this was written for */
export function asModule(code: string): string {
  let text = code
  for (const [find, put] of replacements) {
    const next = text.replace(find, put)
    if (next === text) throw new Error(`simple-peer has changed: there is no ${find} in it`)
    text = next
  }
  if (/\brequire\(|_debug/.test(text)) throw new Error('simple-peer has changed: it requires more')
  return text
}
