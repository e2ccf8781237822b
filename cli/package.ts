/** Finds this package on disk: its version, and the folder of its built files. */
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assert } from '../shared/assert.ts'

/** The nearest folder upwards that holds our package.json: the built file lies one folder deeper than the source. */
function findPackage(): { folder: string; version: string } {
  let folder = dirname(fileURLToPath(import.meta.url))
  for (;;) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      if (name === 'nearcast') return { folder, version: String(version) }
    } catch {
      // No package.json here: look one folder up.
    }
    assert(dirname(folder) !== folder, 'the package.json of nearcast is above its code')
    folder = dirname(folder)
  }
}

const found = findPackage()

export const packageVersion = found.version
/** What a person types so that this installation finds a package: a global one looks beside itself only. */
export function installCommand(name: string): string {
  const above = dirname(found.folder)
  const isGlobal = basename(above) === 'node_modules' && !existsSync(join(dirname(above), 'package.json'))
  return `npm install ${isGlobal ? '-g ' : ''}${name}`
}

export const builtFolder = join(found.folder, 'dist')
