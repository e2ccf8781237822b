/** Starts bench/sim/main.ts: Node 20 takes no TypeScript, and one file of plain JavaScript runs fastest. */
import { build } from 'vite'

const { output } = await build({
  configFile: false,
  logLevel: 'warn',
  build: { ssr: new URL('main.ts', import.meta.url).pathname, write: false, target: 'node20', minify: false },
  ssr: { noExternal: true },
})
const program = Buffer.from(output[0].code).toString('base64')
const { main } = await import(`data:text/javascript;base64,${program}`)
process.exitCode = await main(process.argv.slice(2), new URL('../results/sim/', import.meta.url))
