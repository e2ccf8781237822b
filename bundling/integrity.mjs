/**
 * Last of the build: what the browser's scripts are named by in an `integrity` (https://www.w3.org/TR/SRI/). With `--print`
 * it says that of the script that is put into pages.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const folder = new URL('../dist/browser/', import.meta.url)
const names = readdirSync(folder).filter((name) => name.endsWith('.js'))
const scripts = names.map((name) => ({ name, bytes: readFileSync(new URL(name, folder)) }))
const hashes = scripts.map(({ name, bytes }) => [name, `sha384-${createHash('sha384').update(bytes).digest('base64')}`])
writeFileSync(new URL('integrity.json', folder), `${JSON.stringify(Object.fromEntries(hashes), undefined, 2)}\n`)

if (process.argv.includes('--print')) {
  const { bytes } = scripts.find(({ name }) => name === 'nearcast.js')
  const [, hash] = hashes.find(([name]) => name === 'nearcast.js')
  console.log(`nearcast.js, ${gzipSync(bytes).length} bytes gzip: integrity="${hash}"`)
}
