/**
 * What a token costs a join: from the first message of a fresh connection to the answer of its join, over real sockets on
 * loopback, without a token and with one of each kind. Run by bench/admission.mjs; `--joins n` changes how many.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { edwardsToken, publicJwk, publicPem, secret, token } from '../test/fakes/tokens.ts'
import { swarmA } from '../test/fakes/tracker-crowd.ts'
import { startTracker } from '../test/fakes/tracker-server.ts'
import type { TrackerOptions } from '../tracker/main.ts'

/** The code is compiled while these go by. */
const warmUpJoins = 200

/** What the issue asks for. */
const extraP95MsMax = 5

interface Kind {
  name: string
  options: Partial<TrackerOptions>
  makeToken?: (visitor: string) => string
}

async function latencies({ options, makeToken }: Kind, joins: number): Promise<number[]> {
  const tracker = await startTracker(options)
  const ms: number[] = []
  for (let i = 0; i < joins; i++) {
    const text = makeToken?.(`visitor ${i}`)
    // All of loopback is one machine, and many addresses.
    const { guest } = await tracker.guest({ localAddress: `127.${1 + (i >> 8)}.${i & 255}.1` })
    const startMs = performance.now()
    if (text !== undefined) guest.say({ type: 'authorize', token: text })
    guest.say({ type: 'join', swarm: swarmA, have: 0.5, want: 8 })
    await guest.hears('peers')
    ms.push(performance.now() - startMs)
    guest.socket.close()
    await guest.closed
  }
  await tracker.stop()
  return ms.slice(warmUpJoins).sort((a, b) => a - b)
}

const at = (sorted: readonly number[], share: number) => sorted[Math.floor(sorted.length * share)]!

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { joins: { type: 'string', default: '1200' } } })
  const folder = mkdtempSync(join(tmpdir(), 'nearcast-bench-admission-'))
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const kinds: Kind[] = [
    { name: 'open', options: {} },
    { name: 'HS256', options: { admission: 'token', tokenSecret: secret }, makeToken: (sub) => token({ sub }) },
    {
      name: 'EdDSA',
      options: { admission: 'token', tokenKeyFile: file('key', publicPem) },
      makeToken: (sub) => edwardsToken({ sub }),
    },
    {
      name: 'key set',
      options: { admission: 'token', tokenJwks: file('keys', JSON.stringify({ keys: [publicJwk('one')] })) },
      makeToken: (sub) => edwardsToken({ sub }, { header: { kid: 'one' } }),
    },
  ]
  console.log('| token | p50 | p95 | p95 more than without |')
  console.log('| --- | --- | --- | --- |')
  let openP95 = 0
  for (const kind of kinds) {
    const sorted = await latencies(kind, warmUpJoins + Number(values.joins))
    const [p50, p95] = [at(sorted, 0.5), at(sorted, 0.95)]
    if (kind.name === 'open') openP95 = p95
    const more = p95 - openP95
    const verdict = kind.name === 'open' ? '' : `${more.toFixed(2)} ms${more > extraP95MsMax ? ' (too much)' : ''}`
    console.log(`| ${kind.name} | ${p50.toFixed(2)} ms | ${p95.toFixed(2)} ms | ${verdict} |`)
  }
  rmSync(folder, { recursive: true })
}
