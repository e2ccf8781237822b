/** Nearcast as a contender: the built SDK as a page uses it, chunks stored on the device as by default. */
import type { Browser } from 'playwright-core'
import type { ClientOptions } from '../client/api.ts'
import { Visitor } from '../test/e2e/visitor.ts'
import {
  type Contender,
  type Outcome,
  outcomeOf,
  readCounters,
  readCountersSince,
  refuseWrongBytes,
  type Task,
} from './contender.ts'
import { filePath, type Stage } from './stage.ts'

/** Creates the client and downloads. @returns when it began and when every byte was here and verified */
function download(visitor: Visitor, options: ClientOptions) {
  return visitor.page.evaluate(
    async ({ options, path }) => {
      const startedMs = performance.timeOrigin + performance.now()
      window.client = window.Nearcast.createClient({ consent: 'granted', ...options })
      window.current = window.client.download(path)
      await window.current.done
      return { startedMs, endedMs: performance.timeOrigin + performance.now() }
    },
    { options, path: filePath },
  )
}

/** Closing waits for what is still to be written. @returns when nothing was */
function store(visitor: Visitor): Promise<number> {
  return visitor.page.evaluate(async () => {
    await window.client.close()
    return performance.timeOrigin + performance.now()
  })
}

async function run(browser: Browser, task: Task, stage: Stage): Promise<Outcome> {
  const visitors: Visitor[] = []
  const arrive = async (url: string) => {
    const visitor = await Visitor.arrive(browser, `${url}/`)
    visitors.push(visitor)
    return visitor
  }
  const options: ClientOptions = {
    tracker: stage.trackerUrl,
    mode: task.isOriginUsed ? 'balanced' : 'frugal',
    uploadBytesPerSecondMax: task.uplinkBytesPerSecondMax ?? Number.POSITIVE_INFINITY,
    uploadRatioMax: Number.POSITIVE_INFINITY,
  }
  try {
    if (task.isSeeded) await (await arrive(stage.wideUrl)).download(filePath, options)
    const downloaders: Visitor[] = []
    while (downloaders.length < task.downloaderCount) downloaders.push(await arrive(stage.originUrl))
    const before = await readCounters(stage)
    const spans = await Promise.all(downloaders.map((visitor) => download(visitor, options)))
    const storedMs = Math.max(...(await Promise.all(downloaders.map(store))))
    const counted = await readCountersSince(stage, before)
    for (const visitor of downloaders) {
      const { sha256, progress } = await visitor.download(filePath, { consent: 'denied' })
      refuseWrongBytes('nearcast', sha256, stage.file.sha256)
      if (progress.bytes.store < task.fileBytes / 2) throw new Error('nearcast had not stored what it had')
    }
    return outcomeOf(spans, storedMs, counted)
  } finally {
    await Promise.all(visitors.map((visitor) => visitor.leave()))
  }
}

export const nearcast: Contender = { name: 'nearcast', run }
