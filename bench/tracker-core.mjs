/** Starts bench/tracker-core.ts with a heap that can be cleaned: Node 20 takes no TypeScript, Vite does. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { runnerImport } from 'vite'

setFlagsFromString('--expose-gc')
globalThis.gc = runInNewContext('gc')
const { module } = await runnerImport(new URL('tracker-core.ts', import.meta.url).pathname, { configFile: false })
module.main(process.argv.slice(2))
