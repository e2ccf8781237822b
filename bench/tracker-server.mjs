/**
 * Our tracker in a process of its own, as it is built: nothing is limited that would stop the load, all else is as in
 * production, and with `--limited` that too. Tells its port to the process that forked it; to any message it answers with
 * its memory once what is garbage is freed.
 */
import { createServer } from 'node:http'
import { performance } from 'node:perf_hooks'
import { createTracker } from '../dist/tracker/main.js'

const unlimited = 1e9
const silentLog = { info() {}, warn() {}, error() {} }

const isLimited = process.argv.includes('--limited')

// At work all the time it would name fewer peers, which is less work: what is measured is all of it.
if (!isLimited) performance.eventLoopUtilization = () => ({ idle: 0, active: 0, utilization: 0 })

const limits = isLimited
  ? {}
  : {
      connectionsMax: 100_000,
      connectionsPerAddressMax: 100_000,
      connectionsPerSecond: unlimited,
      loopLagMaxMs: unlimited,
      joinsPerSecond: unlimited,
      joinsBurst: unlimited,
      messagesPerSecond: unlimited,
      messagesBurst: unlimited,
      bytesPerSecond: unlimited,
      bytesBurst: unlimited,
      signalsPerSecond: unlimited,
      signalsBurst: unlimited,
      introductionsPerSecond: unlimited,
      introductionsBurst: unlimited,
      introductionsPerPeerMax: unlimited,
      signalsPerIntroductionMax: unlimited,
      signalBytesPerIntroductionMax: unlimited,
      // So short that peers never run out of others that they have not met.
      introductionLifetimeMs: 1_000,
    }

const tracker = createTracker({ log: silentLog, webTorrent: true, trustedProxies: ['loopback'], ...limits })

const server = createServer()
server.on('upgrade', (request, socket, head) => tracker.handleUpgrade(request, socket, head))
server.listen(0, '127.0.0.1', () => process.send(server.address().port))

process.on('message', () => {
  globalThis.gc()
  globalThis.gc()
  process.send(process.memoryUsage.rss())
})

// Whoever forked it has gone.
process.on('disconnect', () => process.exit())
