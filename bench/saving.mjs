/** Starts bench/saving.ts: Node 20 takes no TypeScript, Vite does. */
import { runnerImport } from 'vite'

const { module } = await runnerImport(new URL('saving.ts', import.meta.url).pathname, { configFile: false })
await module.main(process.argv.slice(2))
