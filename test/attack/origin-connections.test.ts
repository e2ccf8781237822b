/** A20, on the origin: what one connection, or many that do not read, can make the server hold. */
import { writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MiB } from '../../shared/limits.ts'
import { type ServedOrigin, serveOrigin, talk } from '../fakes/served-origin.ts'

let served: ServedOrigin
let sockets: Socket[] = []

beforeEach(async () => {
  served = await serveOrigin()
  await writeFile(join(served.folder, 'big.bin'), Buffer.alloc(8 * MiB, 'b'))
  for (let i = 0; i < 8; i++) await writeFile(join(served.folder, `${i}.txt`), `file ${i};`)
})

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets = []
  await served.close()
})

const get = (path: string, last = false) =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${last ? 'Connection: close\r\n' : ''}\r\n`

/** A client that sends this and reads nothing of what comes back. */
function unreading(bytes: string): Socket {
  const socket = connect(served.port, '127.0.0.1', () => socket.write(bytes))
  socket.on('error', () => {})
  socket.pause()
  sockets.push(socket)
  return socket
}

const activeResponses = () => served.origin.stats().activeResponses

describe('requests that are sent before the answers to earlier ones are read', () => {
  it('[O26] are answered in order', async () => {
    const paths = Array.from({ length: 8 }, (_, i) => `/${i}.txt`)
    const heard = await talk(served.port, paths.map((path, i) => get(path, i === 7)).join(''))
    expect(heard.match(/file \d;/g)).toEqual(paths.map((_, i) => `file ${i};`))
  })

  it('[O26] leave nothing open when their client goes', async () => {
    const socket = unreading(get('/big.bin').repeat(8))
    await expect.poll(activeResponses).toBe(8)
    socket.destroy()
    await expect.poll(activeResponses).toBe(0)
  })

  it('[O26] by the thousand end the connection; others are served', async () => {
    const socket = unreading(get('/big.bin').repeat(2000))
    // What was sent to it before is still to be read: only then does it see the end.
    await expect.poll(() => served.origin.stats().requests).toBeGreaterThan(0)
    await expect.poll(activeResponses).toBe(0)
    expect((await served.get('/0.txt')).text).toBe('file 0;')
    socket.destroy()
  })
})
