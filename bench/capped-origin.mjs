/**
 * The built origin in a process of its own, with a cap on its egress and its bytes counted: `fork` it with a folder,
 * a folder for hashes and bytes per second. Tells its port, and then the bytes sent by path whenever it is asked.
 * The SDK's scripts are beside the files and not under the cap.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createOrigin } from '../dist/origin/main.js'
import { silentLog } from '../dist/shared/log.js'

const [folder, hashFolder, egressBytesPerSecondMax] = process.argv.slice(2)
const scripts = new Map(
  ['nearcast.js', 'engine.js'].map((name) => [
    `/.nearcast/${name}`,
    readFileSync(new URL(`../dist/browser/${name}`, import.meta.url)),
  ]),
)
const origin = await createOrigin({
  folder,
  hashFolder,
  egressBytesPerSecondMax: Number(egressBytesPerSecondMax),
  log: silentLog,
})
const server = createServer((request, response) => {
  const script = scripts.get(request.url.split('?')[0])
  if (script === undefined) return origin.handler(request, response)
  response.setHeader('Content-Type', 'text/javascript')
  response.end(script)
})
server.listen(0, '127.0.0.1', () => process.send(server.address().port))
process.on('message', () => process.send(origin.stats().bytesSentByPath))

// Whoever forked it has gone.
process.on('disconnect', () => process.exit())
