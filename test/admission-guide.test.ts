/** The guide about admission: what it tells a site to put into its backend makes tokens that a tracker takes. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { secret } from './fakes/tokens.ts'
import { swarmA } from './fakes/tracker-crowd.ts'
import { startTracker, type TrackerServer } from './fakes/tracker-server.ts'
import { repository } from './house/modules.ts'

const guide = readFileSync(join(repository, 'docs/guides/admission.md'), 'utf8')
const snippet = (language: string) => new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'm').exec(guide)![1]!

const env = { ...process.env, NEARCAST_TOKEN_SECRET: secret }
const printed = (program: string, ...args: string[]) =>
  execFileSync(program, args, { cwd: repository, env, encoding: 'utf8' }).trim()

let server: TrackerServer | undefined
afterEach(() => server?.stop())

async function answerTo(token: string): Promise<string> {
  server = await startTracker({ admission: 'token', tokenSecret: secret })
  const { guest } = await server.guest({ headers: { Origin: 'https://example.org' } })
  guest.say({ type: 'authorize', token })
  guest.say({ type: 'join', swarm: swarmA, have: 0, want: 8 })
  const answer = await guest.next()
  return answer.type === 'refused' ? answer.message : (await guest.next()).type
}

/** Not every machine has it; the continuous integration's has. */
const hasPython = (() => {
  try {
    return printed('python3', '--version') !== ''
  } catch {
    return false
  }
})()

describe('the backend of docs/guides/admission.md', () => {
  it('[T120] in Node makes a token that opens a swarm', async () => {
    const text = `${snippet('js')}\nconsole.log(await nearcastToken('visitor'))`
    expect(await answerTo(printed(process.execPath, '--input-type=module', '-e', text))).toBe('peers')
  })

  it.runIf(hasPython)('[T120] in Python makes a token that opens a swarm', async () => {
    const text = `${snippet('python')}\nprint(nearcast_token("visitor"))`
    expect(await answerTo(printed('python3', '-c', text))).toBe('peers')
  })
})
