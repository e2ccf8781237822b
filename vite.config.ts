/** Builds by mode (`engine`, `trust`, `desk`, `consent`, `script`, `worker`, `hls`: the script tag; `module`: for bundlers; `page`: the demo), and nothing of tests. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { defineConfig, type UserConfig } from 'vite'
import { secondPass } from './bundling/second-pass.ts'
import { simplePeerSource } from './bundling/simple-peer-source.ts'

const outDir = 'dist/browser'

const library = (entry: string, format: 'iife' | 'es', fileName: string, name = 'Nearcast'): UserConfig => ({
  plugins: [simplePeerSource(), secondPass()],
  build: {
    outDir,
    emptyOutDir: false,
    target: 'es2022',
    sourcemap: true,
    lib: { entry, name, formats: [format], fileName: () => fileName },
    // That the second pass takes the longest is known.
    rolldownOptions: { checks: { pluginTimings: false }, output: { generatedCode: { symbols: false } } },
  },
})

/** As an `integrity` (https://www.w3.org/TR/SRI/), the shortest: the first script carries all. */
const integrityOf = (path: string) => `sha256-${createHash('sha256').update(readFileSync(path)).digest('base64')}`

/** The engine without what checks signatures: that is a script of its own. */
const engine = (): UserConfig => {
  const config = library('client/page/engine.ts', 'iife', 'engine.js')
  const alias = [{ find: '../shell/trust-code.ts', replacement: resolve('client/page/trust-code.ts') }]
  return { ...config, resolve: { alias } }
}

/** Built after the others, whose hashes it carries. */
const script = (): UserConfig => ({
  ...library('client/page/script.ts', 'iife', 'nearcast.js'),
  define: {
    consentIntegrity: JSON.stringify(integrityOf(`${outDir}/consent.js`)),
    deskIntegrity: JSON.stringify(integrityOf(`${outDir}/desk.js`)),
    engineIntegrity: JSON.stringify(integrityOf(`${outDir}/engine.js`)),
    trustIntegrity: JSON.stringify(integrityOf(`${outDir}/trust.js`)),
  },
})

const page: UserConfig = {
  root: 'demo',
  base: '/.nearcast/demo/',
  build: { outDir: '../dist/demo', emptyOutDir: true, target: 'es2022' },
}

export default defineConfig(({ mode }) => {
  if (mode === 'engine') return engine()
  if (mode === 'consent') return library('client/page/consent.ts', 'iife', 'consent.js')
  if (mode === 'desk') return library('client/page/desk.ts', 'iife', 'desk.js')
  if (mode === 'trust') return library('client/page/trust.ts', 'iife', 'trust.js')
  if (mode === 'script') return script()
  if (mode === 'hls') return library('client/page/hls.ts', 'iife', 'hls.js', 'NearcastHls')
  if (mode === 'worker') return library('client/worker/sw.ts', 'iife', 'sw.js')
  if (mode === 'module') return library('client/index.ts', 'es', 'nearcast.mjs')
  return page
})
