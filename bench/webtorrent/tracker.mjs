/**
 * The rival's tracker in a process of its own, as shipped. Tells its port to the process that forked it; for
 * `{ path, name, urlList }` it answers with the torrent of that file, as an array of bytes.
 */
import Server from 'bittorrent-tracker/server'
import createTorrent from 'create-torrent'

const server = new Server({ udp: false, http: false, ws: true, stats: false })
server.listen(0, '127.0.0.1', () => process.send(server.http.address().port))

process.on('message', ({ path, name, urlList }) => {
  const announceList = [[`ws://localhost:${server.http.address().port}`]]
  createTorrent(path, { name, announceList, urlList }, (error, torrent) => {
    if (error) throw error
    process.send([...torrent])
  })
})

// Whoever forked it has gone.
process.on('disconnect', () => process.exit())
