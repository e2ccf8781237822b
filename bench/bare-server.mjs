/**
 * The limit for a tracker on ws: parses each message, answers an announce with the same words and anything else with
 * its own, and does nothing else. Tells its port to the process that forked it; to any message it answers with its
 * memory once what is garbage is freed.
 */
import { WebSocketServer } from 'ws'

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false, clientTracking: false })
server.on('connection', (socket) => {
  socket.on('message', (data) => {
    const { info_hash } = JSON.parse(data)
    socket.send(JSON.stringify({ complete: 0, incomplete: 100, action: 'announce', interval: 120, info_hash }))
  })
})
server.on('listening', () => process.send(server.address().port))

process.on('message', () => {
  globalThis.gc()
  globalThis.gc()
  process.send(process.memoryUsage.rss())
})

// Whoever forked it has gone.
process.on('disconnect', () => process.exit())
