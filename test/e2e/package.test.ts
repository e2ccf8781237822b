/** The package as npm would publish it: what is in it, what its types say, and that both work where it is installed. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { repository } from '../house/modules.ts'
import { createTempFolder, type TempFolder } from './harness.ts'

const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))

let folder: TempFolder
let tarball: string

/** A project that has the package installed, and what its types need. */
function installed(): string {
  const packages = join(folder.path, 'node_modules')
  mkdirSync(packages, { recursive: true })
  run('tar', ['-xzf', tarball, '-C', packages])
  cpSync(join(packages, 'package'), join(packages, 'nearcast'), { recursive: true })
  for (const name of ['@types', 'undici-types', ...Object.keys(manifest.dependencies)]) {
    mkdirSync(join(packages, name, '..'), { recursive: true })
    symlinkSync(join(repository, 'node_modules', name), join(packages, name))
  }
  return folder.path
}

function run(command: string, args: string[], cwd = repository): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  return { status, output: `${stdout}${stderr}` }
}

beforeAll(() => {
  folder = createTempFolder()
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder.path])
  tarball = join(folder.path, `nearcast-${manifest.version}.tgz`)
})
afterAll(() => folder.remove())

describe('[D90] the package', () => {
  it('leads each way to import it to a file that is there, with its types', async () => {
    const { messages, pkg } = await publint({ pkgDir: repository, strict: true })
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
    const scripts = Object.keys(manifest.exports)
      .filter((name) => /\.js(on)?$/.test(name))
      .map((name) => name.slice(2))
    const args = [tarball, '--profile', 'esm-only', '--no-color', '--exclude-entrypoints', ...scripts]
    expect(run(join(repository, 'node_modules/.bin/attw'), args)).toMatchObject({ status: 0 })
  })

  it('has every script of the browser, with its source map', () => {
    const built = readdirSync(join(repository, 'dist/browser')).filter((name) => name.endsWith('.js'))
    const packed = run('tar', ['-tzf', tarball]).output
    for (const name of built) {
      expect(manifest.exports).toHaveProperty([`./${name}`], `./dist/browser/${name}`)
      expect(packed).toContain(`package/dist/browser/${name}\n`)
      expect(packed).toContain(`package/dist/browser/${name}.map\n`)
    }
    expect(packed).not.toMatch(/\.test\.|package\/(test|bench)\//)
  })

  it('is typed for strict programs, in Node and for a bundler', () => {
    const project = installed()
    folder.write(
      'program.ts',
      `import { createClient, NearcastError, type Download } from 'nearcast'
import { createNodeClient, loadWebRtc } from 'nearcast/node'
const nearcast = createClient({ tracker: 'auto', mode: 'fastest' })
export const answer: Promise<Response> = nearcast.fetch('/a.zip', { signal: AbortSignal.timeout(1_000) })
export const download: Download = nearcast.download('/a.zip')
export const offload: number = nearcast.stats().offload
export const isOurs = (error: unknown) => error instanceof NearcastError && error.code === 'network'
const webRtc = await loadWebRtc()
if (typeof webRtc !== 'string') await createNodeClient({ webRtc, store: 'memory' }).close()
// @ts-expect-error: there is no such mode
createClient({ mode: 'fast' })
`,
    )
    folder.write('package.json', '{ "type": "module" }')
    for (const resolution of [
      ['NodeNext', 'NodeNext'],
      ['ESNext', 'Bundler'],
    ] as const) {
      const [module, moduleResolution] = resolution
      const compilerOptions = {
        strict: true,
        target: 'ES2022',
        module,
        moduleResolution,
        noEmit: true,
        types: ['node'],
      }
      folder.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['program.ts'] }))
      const compiler = join(repository, 'node_modules/typescript/bin/tsc')
      expect(run(process.execPath, [compiler, '-p', '.'], project)).toEqual({ status: 0, output: '' })
    }
  })

  it('has the interface that docs/api says', () => {
    expect(run(process.execPath, ['docs/api-report.mjs', '--check'])).toMatchObject({ status: 0 })
  })
})

it('[D91] the hashes for `integrity` are those of the scripts', () => {
  const hashes = JSON.parse(readFileSync(join(repository, 'dist/browser/integrity.json'), 'utf8'))
  const hashOf = (name: string) => {
    const bytes = readFileSync(join(repository, 'dist/browser', name))
    return `sha384-${createHash('sha384').update(bytes).digest('base64')}`
  }
  expect(Object.keys(hashes)).toContain('nearcast.js')
  for (const [name, hash] of Object.entries(hashes)) expect(hash).toBe(hashOf(name))
})
