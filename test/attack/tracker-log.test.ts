/** A6: whoever reads the log learns the address of nobody. */
import { afterEach, expect, it } from 'vitest'
import { createTerminalLog } from '../../cli/log.ts'
import { Guest, rawUpgrade, startTracker, type TrackerServer } from '../fakes/tracker-server.ts'

let server: TrackerServer

afterEach(() => server.stop())

/** Every spelling of the addresses that take part: decimal, hex, and the last group alone of IPv6. */
const spellings = ['203.0.113.77', '127.0.9.1', 'cb00714d', '7f000901', '2001:db8:77', '3405803853', '198.51.100.88']

it('[T29] floods, bans, refusals and forged headers leave pseudonyms in the log, one for each address', async () => {
  let text = ''
  const log = createTerminalLog('info', false, (line) => {
    text += `${line}\n`
  })
  server = await startTracker({ log, trustedProxies: ['127.0.0.1'], connectionsPerAddressMax: 3 })
  const from = (address: string) => ({ headers: { 'X-Forwarded-For': address, 'User-Agent': address } })
  const flood = async (options: ConstructorParameters<typeof Guest>[1]) => {
    const { guest } = await server.guest(options)
    for (let i = 0; i < 300; i++) guest.say(i % 2 ? 'nonsense of 203.0.113.77' : '{"type":"join","swarm":"127.0.9.1"}')
    await guest.closed
  }
  for (let i = 0; i < 2; i++) await flood(from('203.0.113.77'))
  await flood(from('2001:db8:77::1'))
  await flood({ localAddress: '127.0.9.1', headers: { 'X-Forwarded-For': '198.51.100.88' } })
  for (let i = 0; i < 2; i++) await flood(from('203.0.113.77')).catch(() => {})
  const crowd = Array.from({ length: 6 }, () => new Guest(server.url, from('198.51.100.88')))
  await Promise.race(crowd.map(({ closed }) => closed))
  await rawUpgrade(server.port, { headers: { 'X-Forwarded-For': '203.0.113.77', 'Sec-WebSocket-Protocol': 'x' } })
  const pseudonyms = [...text.matchAll(/address=(\w+) {2}code=1008/g)].map(([, address]) => address)
  expect(pseudonyms.slice(0, 4)).toEqual(Array(4).fill(expect.stringMatching(/^[0-9a-f]{8}$/)))
  expect(pseudonyms[1]).toBe(pseudonyms[0])
  expect(new Set(pseudonyms.slice(0, 4)).size).toBe(3)
  for (const spelling of spellings) expect(text.toLowerCase()).not.toContain(spelling)
})
