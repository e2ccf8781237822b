/** Three builds by mode (`page`: the demo; `script`: the script tag; `module`: for bundlers) and the test projects. */
import { defineConfig, type UserConfig } from 'vite'
import { simplePeerSource } from './bundling/simple-peer-source.ts'

const library = (format: 'iife' | 'es', fileName: string): UserConfig => ({
  plugins: [simplePeerSource()],
  build: {
    outDir: 'dist/browser',
    emptyOutDir: false,
    target: 'es2022',
    sourcemap: true,
    lib: {
      entry: format === 'iife' ? 'client/page/script.ts' : 'client/index.ts',
      name: 'Nearcast',
      formats: [format],
      fileName: () => fileName,
    },
  },
})

const page: UserConfig = {
  root: 'demo',
  base: '/.nearcast/demo/',
  build: { outDir: '../dist/demo', emptyOutDir: true, target: 'es2022' },
}

export default defineConfig(({ mode }) => {
  if (mode === 'script') return library('iife', 'nearcast.js')
  if (mode === 'module') return library('es', 'nearcast.mjs')
  return page
})
