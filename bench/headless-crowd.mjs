/**
 * A flash crowd of real peers in Node: one thin server, `--peers` clients with thin uplinks in a few processes, all
 * beginning at once. Prints when the last one had the whole file beside the bound that no scheme can beat, and how
 * many copies the server sent. Needs `npm run build`; `--json` prints the figures as JSON.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { runnerImport } from 'vite'

const MiB = 1024 * 1024
const path = '/file.bin'

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: '20' },
    processes: { type: 'string', default: '4' },
    'file-mib': { type: 'string', default: '4' },
    /** MiB/s of the server, and of each peer's uplink. */
    server: { type: 'string', default: '1' },
    uplink: { type: 'string', default: '0.5' },
    mode: { type: 'string', default: 'balanced' },
    json: { type: 'boolean', default: false },
    'as-peers': { type: 'boolean', default: false },
  },
})

/** One process of the crowd: waits for the word, downloads, and serves on until it is told to stop. */
async function beSomePeers() {
  const { createNodeClient, loadWebRtc } = await import('../dist/client/node.js')
  const webRtc = await loadWebRtc()
  if (typeof webRtc === 'string') throw new Error(`no WebRTC: ${webRtc}`)
  process.send({ type: 'ready' })
  const [{ url, count, ...options }] = await once(process, 'message')
  const clients = Array.from({ length: count }, () =>
    createNodeClient({ webRtc, consent: 'granted', store: 'memory', ...options }),
  )
  const startedAt = performance.now()
  await Promise.all(
    clients.map(async (client) => {
      const download = client.download(url)
      const error = await download.done.then(
        () => undefined,
        (reason) => String(reason),
      )
      process.send({ type: 'done', ms: performance.now() - startedAt, bytes: download.progress().bytes, error })
    }),
  )
  await once(process, 'message')
  const { user, system } = process.cpuUsage()
  const wastedBytes = clients.reduce((sum, client) => sum + client.stats().wastedBytes, 0)
  const uploaded = clients.map((client) => client.stats().bytes.uploaded)
  process.send({ type: 'end', cpuMs: (user + system) / 1000, wastedBytes, uploaded })
  await Promise.all(clients.map((client) => client.close()))
  process.disconnect()
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0)

/** Starts the processes and gives each its share of the peers. @returns what every one of them told */
async function runCrowd(url, tracker) {
  const peers = Number(values.peers)
  const children = Array.from({ length: Math.min(peers, Number(values.processes)) }, () =>
    fork(new URL(import.meta.url).pathname, ['--as-peers']),
  )
  const told = []
  try {
    await Promise.all(children.map((child) => once(child, 'message')))
    const allDone = new Promise((resolve, reject) => {
      for (const child of children) {
        child.on('message', (message) => {
          told.push(message)
          if (told.length === peers) resolve()
        })
        child.once('exit', (code) => reject(new Error(`a process of the crowd ended with ${code}`)))
      }
    })
    for (const [i, child] of children.entries()) {
      const count = Math.floor(peers / children.length) + (i < peers % children.length ? 1 : 0)
      child.send({ url, tracker, count, mode: values.mode, uploadBytesPerSecondMax: Number(values.uplink) * MiB })
    }
    await allDone
    const ends = children.map((child) => once(child, 'message'))
    for (const child of children) child.send('stop')
    await Promise.all(ends)
    return told
  } finally {
    for (const child of children) child.removeAllListeners('exit')
    // One that has not left by itself soon after its farewells does not leave at all.
    await Promise.all(
      children.map((child) => (child.exitCode === null ? Promise.race([once(child, 'exit'), soon()]) : undefined)),
    )
    for (const child of children) child.kill('SIGKILL')
  }
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 2_000).unref())

async function main() {
  const { createTempFolder, startServer } = (
    await runnerImport(new URL('../test/e2e/harness.ts', import.meta.url).pathname, { configFile: false })
  ).module
  const folder = createTempFolder()
  const fileBytes = Number(values['file-mib']) * MiB
  folder.generate(path.slice(1), fileBytes)
  const server = await startServer([folder.path, '--egress-rate', `${Number(values.server) * 1024}KiB/s`])
  try {
    const url = server.url + path
    // The manifest is ready before the clock runs.
    await (await fetch(`${url}.nearcast.json`)).text()
    const told = await runCrowd(url, `ws://localhost:${server.port}/.nearcast/tracker`)
    report(fileBytes, told)
  } finally {
    await server.stop()
    folder.remove()
  }
}

function report(fileBytes, told) {
  const done = told.filter(({ type }) => type === 'done')
  const ends = told.filter(({ type }) => type === 'end')
  const failed = done.filter(({ error }) => error !== undefined)
  const times = done.map(({ ms }) => ms / 1000).sort((a, b) => a - b)
  const [server, uplink] = [Number(values.server) * MiB, Number(values.uplink) * MiB]
  const peers = done.length
  const bound = Math.max(fileBytes / server, (peers * fileBytes) / (server + peers * uplink))
  const last = times.at(-1)
  const figures = {
    peers,
    failed: failed.length,
    boundSeconds: bound,
    lastSeconds: last,
    timesBound: last / bound,
    medianSeconds: times[Math.floor(peers / 2)],
    firstSeconds: times[0],
    originCopies: sum(done.map(({ bytes }) => bytes.origin)) / fileBytes,
    peerCopies: sum(done.map(({ bytes }) => bytes.peers)) / fileBytes,
    wastedCopies: sum(ends.map(({ wastedBytes }) => wastedBytes)) / fileBytes,
    cpuSeconds: sum(ends.map(({ cpuMs }) => cpuMs)) / 1000,
  }
  if (values.json) return console.log(JSON.stringify(figures))
  for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(14)} ${Number(value.toFixed(2))}`)
  for (const { error } of failed) console.log(error)
}

await (values['as-peers'] ? beSomePeers() : main())
