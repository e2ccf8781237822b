/** What every HttpSource makes of each answer, against test/fakes/lying-origin.ts. */
import type { HttpFailure, HttpRequest, HttpSource } from '../../client/ports.ts'
import { concatBytes } from '../../shared/bytes.ts'
import { lyingFile, lyingFileEtag } from '../fakes/lying-file.ts'
import { type ContractCase, check, checkEqual, Inbox } from './contract.ts'

const [from, to] = [100_000, 260_000]

interface Outcome {
  bytes: Uint8Array
  /** Undefined when all bytes came. */
  failure: HttpFailure | undefined
}

type Ask = (way: string, over?: Partial<HttpRequest>) => Promise<Outcome>

function asker(source: HttpSource, base: string): Ask {
  return (way, over) => {
    const parts: Uint8Array[] = []
    return new Promise((resolve) => {
      const settle = (failure?: HttpFailure) => resolve({ bytes: concatBytes(...parts), failure })
      source.open(requestFor(base, way, over), {
        bytes: (bytes) => void parts.push(bytes.slice()),
        ended: () => settle(),
        failed: settle,
      })
    })
  }
}

const requestFor = (base: string, way: string, over?: Partial<HttpRequest>): HttpRequest => ({
  url: `${base}/lies/${way}`,
  from,
  to,
  fileBytes: lyingFile.length,
  etag: lyingFileEtag,
  ...over,
})

async function checkWhole(ask: Ask, way: string, over: Partial<HttpRequest> = {}): Promise<void> {
  const { bytes, failure } = await ask(way, over)
  checkEqual(failure, undefined, `${way}: failure`)
  const expected = lyingFile.subarray(over.from ?? from, over.to ?? to)
  check(bytes.length === expected.length && bytes.every((byte, i) => byte === expected[i]), `${way}: other bytes`)
}

/** Of what came before the failure, all is in its place. */
async function checkFailed(ask: Ask, way: string, expected: Omit<HttpFailure, 'reason'>): Promise<Outcome> {
  const outcome = await ask(way)
  check(outcome.failure !== undefined, `${way}: no failure`)
  const { reason, ...rest } = outcome.failure
  checkEqual(rest, expected, way)
  check(reason.length > 0, `${way}: no reason`)
  check(
    outcome.bytes.every((byte, i) => byte === lyingFile[from + i]),
    `${way}: other bytes`,
  )
  return outcome
}

type Case = (ask: Ask, source: HttpSource, base: string) => Promise<void>

const cases: Record<string, Case> = {
  'a range comes whole, at the start, in the middle, at the end, and all of it': async (ask) => {
    await checkWhole(ask, 'honest')
    await checkWhole(ask, 'honest', { from: 0, to: 1 })
    await checkWhole(ask, 'honest', { from: lyingFile.length - 1, to: lyingFile.length })
    await checkWhole(ask, 'honest', { from: 0, to: lyingFile.length })
  },

  'an answer that leaves out what it may leave out is taken': async (ask) => {
    for (const way of ['unknown-size', 'no-length', 'no-etag', 'weak-etag', 'redirect']) await checkWhole(ask, way)
    await checkWhole(ask, 'honest', { etag: undefined })
  },

  'of a whole file in place of the range, the range is taken, and no more is waited for': async (ask) => {
    await checkWhole(ask, 'whole')
    await checkWhole(ask, 'whole', { from: 0, to: lyingFile.length })
    await checkWhole(ask, 'whole-no-length')
    await checkWhole(ask, 'whole-no-length', { to: lyingFile.length })
    await checkWhole(ask, 'whole-then-silence')
  },

  'another file is told as such, and nothing of it is taken': async (ask) => {
    for (const way of ['other-etag', 'other-size', 'whole-other-length', 'whole-other-etag', 'status-416']) {
      const { bytes } = await checkFailed(ask, way, { retry: false, changed: true })
      checkEqual(bytes.length, 0, `${way}: bytes taken`)
    }
  },

  'another range than the one asked for is not taken': async (ask) => {
    for (const way of ['wrong-offset', 'shorter-range', 'lying-length']) {
      const { bytes } = await checkFailed(ask, way, { retry: true })
      checkEqual(bytes.length, 0, `${way}: bytes taken`)
    }
    for (const way of ['no-content-range', 'odd-content-range']) await checkFailed(ask, way, { retry: false })
  },

  'a body that is too short or too long, or breaks off, may be asked for again': async (ask) => {
    for (const way of ['ends-early', 'goes-on', 'dies-midway', 'dies-at-once']) {
      await checkFailed(ask, way, { retry: true })
    }
  },

  'a server that nobody reaches may be asked again': async (ask) => {
    const { failure } = await ask('honest', { url: 'http://127.0.0.1:1/' })
    checkEqual(failure?.retry, true, 'retry')
  },

  // Chromium gives nothing of such an answer away, so whether to ask again is left open here.
  'an encoded body is not taken': async (ask) => {
    const { bytes, failure } = await ask('encoded')
    check(failure !== undefined, 'no failure')
    checkEqual(bytes.length, 0, 'bytes taken')
  },

  'statuses say whether to ask again, and when': async (ask) => {
    await checkFailed(ask, 'status-500', { retry: true })
    await checkFailed(ask, 'status-429', { retry: true, retryAfterMs: 7000 })
    await checkFailed(ask, 'status-503-past', { retry: true, retryAfterMs: 0 })
    await checkFailed(ask, 'status-503-nonsense', { retry: true })
    await checkFailed(ask, 'status-503-forever', { retry: true, retryAfterMs: 24 * 60 * 60 * 1000 })
    for (const code of [204, 403, 404, 410]) await checkFailed(ask, `status-${code}`, { retry: false })
  },

  'after cancelling nothing comes, whether before the headers, before the body or midway': async (
    ask,
    source,
    base,
  ) => {
    for (const way of ['honest', 'silence', 'first-bytes-then-silence']) {
      const events = new Inbox<string>('events')
      const cancel = source.open(requestFor(base, way), {
        bytes: () => void events.push('bytes'),
        ended: () => events.push('ended'),
        failed: () => events.push('failed'),
      })
      if (way === 'first-bytes-then-silence') await events.reach(1)
      cancel()
      cancel()
      const heard = events.all.length
      // A whole other request gives anything late the time to come.
      await checkWhole(ask, 'honest')
      checkEqual(events.all.length, heard, `${way}: events after cancelling`)
    }
  },

  'the next bytes wait for the promise, and a cancel from inside it ends all': async (ask, source, base) => {
    const events = new Inbox<number>('parts')
    let goOn = () => {}
    let ended = false
    const cancel = source.open(requestFor(base, 'no-length'), {
      bytes: (bytes) => {
        events.push(bytes.length)
        return new Promise((resolve) => {
          goOn = resolve
        })
      },
      ended: () => {
        ended = true
      },
      failed: () => {
        ended = true
      },
    })
    await events.reach(1)
    await checkWhole(ask, 'honest')
    checkEqual(events.all.length, 1, 'parts before the promise')
    cancel()
    goOn()
    await checkWhole(ask, 'honest')
    checkEqual([events.all.length, ended], [1, false], 'parts and end after cancelling')
  },
}

/**
 * @param base where the lying origin is: `http://host:port`
 * @param otherBase the same origin under another host or port, whose headers a page may not see
 */
export function httpSourceContract(makeSource: () => HttpSource, base: string, otherBase: string): ContractCase[] {
  const own = Object.entries(cases).map(([name, run]) => ({
    name,
    run: () => run(asker(makeSource(), base), makeSource(), base),
  }))
  const foreign: ContractCase = {
    name: 'from another host, whose headers are hidden, a range is taken by its length and without a preflight',
    async run() {
      const ask = asker(makeSource(), otherBase)
      await checkWhole(ask, 'honest')
      await checkWhole(ask, 'whole')
      await checkFailed(ask, 'lying-length', { retry: true })
    },
  }
  return [...own, foreign]
}
