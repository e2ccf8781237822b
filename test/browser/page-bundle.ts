/** Turns a TypeScript entry into one classic script that a page can load. */
import { build } from 'vite'
import { simplePeerSource } from '../../bundling/simple-peer-source.ts'

/** @returns the script's text; its exports are on `window[globalName]` */
export async function bundleForPage(entry: string, globalName: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [simplePeerSource()],
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      lib: { entry, name: globalName, formats: ['iife'], fileName: () => 'page.js' },
    },
  })
  const outputs = Array.isArray(result) ? result : [result]
  for (const output of outputs) {
    if (!('output' in output)) continue
    const script = output.output.find((part) => part.type === 'chunk')
    if (script !== undefined) return script.code
  }
  throw new Error(`bundling ${entry} gave no script`)
}
