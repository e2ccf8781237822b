import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PortReader } from '../shell/port-stream.ts'
import { relayedBody } from './relayed-body.ts'

const root = 'a'.repeat(64)
const etag = `"${root}"`
const file = Uint8Array.from({ length: 5_000 }, (_, i) => (i * 7919) >> 3)

/** What the page does with each read: brings so many bytes, ends, breaks off, or says nothing any more. */
type PageStep = number | 'ends' | 'breaks' | 'hangs'

/** What the server does with each request: brings so many bytes and breaks off, or answers something else. */
type ServerStep = number | 'all' | 'whole file' | 'other version' | 'fails' | 'error'

/** A page that brings the file's bytes from a place on. */
function pageOf(from: number, to: number, steps: readonly PageStep[]) {
  let position = from
  let step = 0
  const state = { cancelled: false }
  const page: Pick<PortReader, 'read' | 'cancel' | 'heardCount'> = {
    heardCount: 0,
    async read() {
      const next = steps[step++] ?? to
      if (next === 'breaks') throw new Error('the page broke')
      if (next === 'hangs') return new Promise(() => {})
      if (next === 'ends' || position >= to) return undefined
      const bytes = file.slice(position, Math.min(position + next, to))
      position += bytes.length
      return bytes
    },
    cancel() {
      state.cancelled = true
    },
  }
  return { page: page as PortReader, state }
}

function serverOf(steps: readonly ServerStep[]) {
  const asked: Record<string, string>[] = []
  const ask = async (headers: Record<string, string>) => {
    const step = steps[asked.length] ?? 'all'
    asked.push(headers)
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.Range!)!
    const [from, to] = [Number(first), Number(last) + 1]
    if (step === 'fails') throw new TypeError('no network')
    if (step === 'error') return new Response('sorry', { status: 503 })
    if (step === 'whole file') return new Response(file, { headers: { etag } })
    const head = { 'content-range': `bytes ${from}-${to - 1}/${file.length}`, 'content-length': `${to - from}` }
    if (step === 'other version') {
      return new Response(file.map((byte) => byte ^ 1).slice(from, to), {
        status: 206,
        headers: { ...head, etag: '"v2"' },
      })
    }
    const count = step === 'all' ? to - from : Math.min(step, to - from)
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(file.slice(from, from + count))
        if (count === to - from) controller.close()
        else controller.error(new TypeError('broken off'))
      },
    })
    return new Response(body, { status: 206, headers: { ...head, etag } })
  }
  return { ask, asked }
}

interface Case {
  from: number
  to: number
  page: readonly PageStep[]
  server: readonly ServerStep[]
  tag?: string | undefined
  isOpen?: boolean
}

async function read({ from, to, page: pageSteps, server: serverSteps, tag = etag, isOpen = true }: Case) {
  const { page, state } = pageOf(from, to, pageSteps)
  const { ask, asked } = serverOf(serverSteps)
  let leftCount = 0
  const range = { from, to, fileBytes: file.length }
  const body = relayedBody({ page, range, etag: tag, root, ask, isOpen: async () => isOpen, left: () => leftCount++ })
  const parts: Uint8Array[] = []
  let failure: unknown
  try {
    const reader = body.getReader()
    for (let next = await reader.read(); next.value; next = await reader.read()) parts.push(next.value)
  } catch (error) {
    failure = error
  }
  return { bytes: Buffer.concat(parts), failure, asked, leftCount, cancelled: state.cancelled }
}

const whole = { from: 0, to: file.length }

describe('a body that goes through the worker', () => {
  it('[B15] is what the page brings', async () => {
    const { bytes, asked, leftCount, cancelled } = await read({ ...whole, page: [1, 1000, 3999], server: [] })
    expect(bytes).toEqual(Buffer.from(file))
    expect(asked).toEqual([])
    expect([leftCount, cancelled]).toEqual([1, true])
  })

  it.each<PageStep>(['ends', 'breaks', 'hangs'])(
    '[B16] is the server’s from the next byte on when the page %s',
    async (step) => {
      const { bytes, asked } = await read({ from: 100, to: 4_000, page: [50, step], server: [] })
      expect(bytes).toEqual(Buffer.from(file.subarray(100, 4_000)))
      expect(asked).toEqual([{ Range: 'bytes=150-3999', 'If-Range': etag }])
    },
  )

  it('[B16] breaks off as a connection does where nothing tells versions apart', async () => {
    const { bytes, asked, failure } = await read({ ...whole, page: [50, 'ends'], server: [], tag: '"v1"' })
    expect(bytes).toEqual(Buffer.from(file.subarray(0, 50)))
    expect(asked).toEqual([])
    expect(failure).toMatchObject({ message: expect.stringContaining('ETag') })
  })

  it('[B16] has never a wrong byte, nor one twice or out of place, whatever page and server do', async () => {
    const size = fc.integer({ min: 1, max: 2_000 })
    const pages = fc.array(fc.oneof(size, fc.constantFrom<PageStep>('ends', 'breaks')), { maxLength: 6 })
    const servers = fc.array(
      fc.oneof(size, fc.constantFrom<ServerStep>('all', 'whole file', 'other version', 'fails', 'error')),
      { maxLength: 4 },
    )
    const range = fc.tuple(fc.nat(file.length - 1), size).map(([from, length]) => ({
      from,
      to: Math.min(from + length, file.length),
    }))
    await fc.assert(
      fc.asyncProperty(range, pages, servers, async (range, page, server) => {
        const { bytes, failure, asked, leftCount } = await read({ ...range, page, server })
        const wanted = Buffer.from(file.subarray(range.from, range.to))
        expect(bytes).toEqual(wanted.subarray(0, bytes.length))
        expect(bytes.length === wanted.length).toBe(failure === undefined)
        expect(asked.length).toBeLessThanOrEqual(3)
        expect(leftCount).toBe(1)
      }),
      { numRuns: 300 },
    )
  })

  it('[B16] lets page and server go when nobody reads it any more', async () => {
    const { page, state } = pageOf(0, 10, [1])
    const { ask } = serverOf([])
    const range = { ...whole, fileBytes: file.length }
    const body = relayedBody({ page, range, etag, root, ask, isOpen: async () => true, left: () => {} })
    await body.cancel()
    expect(state.cancelled).toBe(true)
  })
})
