/**
 * One measured visit: a new visitor's page asks for a file by plain `fetch` or through the built SDK, and says when its
 * first bytes and its last were there. Knows nothing of rounds and medians.
 */
import type { Browser } from 'playwright-core'
import type { ClientOptions } from '../client/api.ts'
import { openTab } from '../test/e2e/harness.ts'

/**
 * `new`: the client is made just before, and no line of it has run. `ready`: it was made a while ago, like by a script
 * tag. `second`: it has fetched another file before.
 */
export type Age = 'new' | 'ready' | 'second'

export interface Visit {
  /** The page; files are at the same host. */
  url: string
  path: string
  /** Another file, for `second`. */
  earlierPath: string
  age: Age
  /** Undefined for plain `fetch`. */
  client: ClientOptions | undefined
  latencyMs: number
  /** Whether the file is read to its end. */
  whole: boolean
}

export interface Timing {
  firstByteMs: number
  totalMs: number
  peerBytes: number
}

/** How long a `ready` page has had its client: as long as a visitor takes to find a link. */
const idleMs = 500

export async function visit(browser: Browser, plan: Visit): Promise<Timing> {
  const { page, context, close } = await openTab(browser, plan.url)
  try {
    if (plan.latencyMs > 0) {
      const session = await context.newCDPSession(page)
      const unlimited = { downloadThroughput: -1, uploadThroughput: -1 }
      await session.send('Network.enable')
      await session.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: plan.latencyMs,
        ...unlimited,
      })
    }
    return await page.evaluate(measure, { ...plan, idleMs })
  } finally {
    await close()
  }
}

/** Runs in the page. */
async function measure(plan: Visit & { idleMs: number }): Promise<Timing> {
  const { path, earlierPath, age, client: options, whole } = plan
  const idle = () => new Promise((resolve) => setTimeout(resolve, plan.idleMs))
  if (age === 'new') await idle()
  const client = options && window.Nearcast.createClient(options)
  const ask = (url: string) => (client ? client.fetch(url) : fetch(url))
  if (age === 'second') await (await ask(earlierPath)).arrayBuffer()
  if (age !== 'new') await idle()
  const startedAt = performance.now()
  const response = await ask(path)
  const reader = response.body!.getReader()
  const first = await reader.read()
  const firstByteMs = performance.now() - startedAt
  if (!first.value?.length) throw new Error(`nothing came of ${path}`)
  if (!whole) void reader.cancel()
  else while (!(await reader.read()).done);
  const totalMs = performance.now() - startedAt
  return { firstByteMs, totalMs, peerBytes: client?.stats().bytes.peers ?? 0 }
}
