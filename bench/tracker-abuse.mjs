/** Starts bench/tracker-abuse.ts: Node 20 takes no TypeScript, Vite does. */
import { runnerImport } from 'vite'

const { module } = await runnerImport(new URL('tracker-abuse.ts', import.meta.url).pathname, { configFile: false })
await module.main(process.argv.slice(2))
