/** Starts bench/tracker-core.ts on the tracker as it is built, with a heap that can be cleaned. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { runnerImport } from 'vite'
import { TrackerMachine } from '../dist/tracker/core/tracker-machine.js'

setFlagsFromString('--expose-gc')
globalThis.gc = runInNewContext('gc')
const { module } = await runnerImport(new URL('tracker-core.ts', import.meta.url).pathname, { configFile: false })
module.main(process.argv.slice(2), TrackerMachine)
