/** Builds by mode (`engine` and `script`: the script tag; `module`: for bundlers; `page`: the demo), and nothing of tests. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { defineConfig, type UserConfig } from 'vite'
import { simplePeerSource } from './bundling/simple-peer-source.ts'

const outDir = 'dist/browser'

const library = (entry: string, format: 'iife' | 'es', fileName: string): UserConfig => ({
  plugins: [simplePeerSource()],
  build: {
    outDir,
    emptyOutDir: false,
    target: 'es2022',
    sourcemap: true,
    lib: { entry, name: 'Nearcast', formats: [format], fileName: () => fileName },
  },
})

/** As the tag that loads a script names its hash (https://www.w3.org/TR/SRI/). */
const integrityOf = (path: string) => `sha384-${createHash('sha384').update(readFileSync(path)).digest('base64')}`

/** Built after the engine, whose hash it carries. */
const script = (): UserConfig => ({
  ...library('client/page/script.ts', 'iife', 'nearcast.js'),
  define: { engineIntegrity: JSON.stringify(integrityOf(`${outDir}/engine.js`)) },
})

const page: UserConfig = {
  root: 'demo',
  base: '/.nearcast/demo/',
  build: { outDir: '../dist/demo', emptyOutDir: true, target: 'es2022' },
}

export default defineConfig(({ mode }) => {
  if (mode === 'engine') return library('client/page/engine.ts', 'iife', 'engine.js')
  if (mode === 'script') return script()
  if (mode === 'module') return library('client/index.ts', 'es', 'nearcast.mjs')
  return page
})
