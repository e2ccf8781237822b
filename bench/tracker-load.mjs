/** The process that a load of bench/tracker.ts runs in: Node 20 takes no TypeScript, Vite does. */
import { runnerImport } from 'vite'

const { module } = await runnerImport(new URL('tracker-load.ts', import.meta.url).pathname, { configFile: false })
await module.main(process.argv.slice(2))
