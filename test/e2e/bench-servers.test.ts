/** What `npm run bench` measures is started with settings of the day that it was written. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from '../house/modules.ts'

describe('the servers that the benches measure', () => {
  it.each([
    ['our tracker, unlimited', 'tracker-server.mjs', []],
    ['our tracker, as it is in production', 'tracker-server.mjs', ['--limited']],
    ['a bare ws server', 'bare-server.mjs', []],
  ])('%s starts', async (_, script, args) => {
    const server = fork(join(repository, 'bench', script), args, { execArgv: ['--expose-gc'] })
    const ended = once(server, 'exit')
    const [port] = await Promise.race([once(server, 'message'), ended.then(([code]) => [`ended with ${code}`])])
    expect(port).toBeGreaterThan(0)
    server.disconnect()
    await ended
  })
})
