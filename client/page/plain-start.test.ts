import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EngineClient } from '../client.ts'
import { givenBytesMax, type PlainStart, plainStart } from './plain-start.ts'
import { takeOverStart } from './start-takeover.ts'

const file = Uint8Array.from({ length: 4_000 }, (_, i) => (i * 7919) >> 3)

type Body = ReadableStream<Uint8Array>

/** A body in pieces, as far as it is read. */
function bodyOf(bytes: Uint8Array, pieceBytes: number): Body {
  let at = 0
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    if (at >= bytes.length) return controller.close()
    controller.enqueue(bytes.slice(at, at + pieceBytes))
    at += pieceBytes
  }
  return new ReadableStream({ pull }, { highWaterMark: 0 })
}

/** A page with an answer, and an engine that comes when the test says so. */
function visit(body: Body, signal?: AbortSignal) {
  let start!: PlainStart
  let settle!: { resolve: () => void; reject: (error: Error) => void }
  let isCancelled = false
  const response = new Response(body, { headers: { 'x-a': 'b' } })
  const answer = plainStart(response, {
    signal,
    cancel(reason) {
      isCancelled = true
      void start.plain.cancel(reason)
    },
    takeOver(given) {
      start = given
      return new Promise((resolve, reject) => {
        settle = { resolve, reject }
      })
    },
  })
  const reader = answer.body!.getReader()
  const parts: Uint8Array[] = []
  return {
    answer,
    reader,
    over: start.over,
    get isCancelled() {
      return isCancelled
    },
    /** What the page has so far. */
    get bytes() {
      return Buffer.concat(parts)
    },
    async read(): Promise<boolean> {
      const { value } = await reader.read()
      if (value) parts.push(value)
      return value !== undefined
    },
    async readAll() {
      while (await this.read());
      return this.bytes
    },
    /**
     * @param verified what the engine brings; undefined where it leaves the answer alone
     * @param meanwhile what happens while it makes up its mind
     */
    async engineComes(verified: Body | undefined, meanwhile?: () => Promise<unknown>) {
      const takeOver = async () => {
        await meanwhile?.()
        return verified && { body: verified, root: 'a'.repeat(64) }
      }
      const client = { takeOver } as object as EngineClient
      await takeOverStart(client, start, 'https://site.example/game.bin').then(settle.resolve, settle.reject)
      await new Promise((resolve) => setTimeout(resolve))
    },
  }
}

describe('an answer that is here before the engine', () => {
  it('[B50] is read by the page at once, with the head that the server sent', async () => {
    const page = visit(bodyOf(file, 1000))
    await page.read()
    expect(page.bytes).toEqual(Buffer.from(file.subarray(0, 1000)))
    expect(page.answer.headers.get('x-a')).toBe('b')
    expect(await page.readAll()).toEqual(Buffer.from(file))
    expect(page.over.aborted).toBe(true)
  })

  it('[B50] has each byte once, whenever the engine comes and however it brings them', async () => {
    const size = fc.integer({ min: 1, max: 1_500 })
    await fc.assert(
      fc.asyncProperty(size, size, fc.nat(5), async (plainBytes, verifiedBytes, readCount) => {
        const page = visit(bodyOf(file, plainBytes))
        let isMore = true
        for (let i = 0; i < readCount && isMore; i++) isMore = await page.read()
        if (isMore) {
          await page.engineComes(bodyOf(file, verifiedBytes))
          await page.readAll()
        }
        expect(page.bytes).toEqual(Buffer.from(file))
      }),
      { numRuns: 100 },
    )
  })

  it('[B50] is the engine’s from the byte on that the page has, also for a page that waits for the next', async () => {
    let more!: () => void
    const stalled = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(file.slice(0, 1000))
        more = () => controller.enqueue(file.slice(1000, 2000))
      },
    })
    const page = visit(stalled)
    await page.read()
    const next = page.read()
    await page.engineComes(bodyOf(file, 700))
    await next
    expect(page.bytes.length).toBe(1400)
    more()
    expect(await page.readAll()).toEqual(Buffer.from(file))
  })

  it('[B51] breaks off where the engine knows other bytes than the page has', async () => {
    const page = visit(bodyOf(file, 1000))
    await page.read()
    await page.engineComes(
      bodyOf(
        file.map((byte, i) => (i === 999 ? byte ^ 1 : byte)),
        700,
      ),
    )
    await expect(page.read()).rejects.toMatchObject({ code: 'corrupt-origin' })
    expect(page.bytes.length).toBe(1000)
  })

  it('[B51] breaks off where the engine ends before the page’s own bytes do', async () => {
    const page = visit(bodyOf(file, 1000))
    await page.read()
    await page.engineComes(bodyOf(file.subarray(0, 500), 700))
    await expect(page.read()).rejects.toMatchObject({ code: 'corrupt-origin' })
  })

  it('[B50] stays plain where the engine leaves it alone', async () => {
    const page = visit(bodyOf(file, 1000))
    await page.read()
    await page.engineComes(undefined)
    expect(page.over.aborted).toBe(true)
    expect(await page.readAll()).toEqual(Buffer.from(file))
  })

  it('[B50] stays plain for a page that has read too much of it to keep', async () => {
    const page = visit(bodyOf(new Uint8Array(givenBytesMax + 2), givenBytesMax + 1))
    let isLeft = false
    const leave = () => {
      isLeft = true
    }
    await page.engineComes(new ReadableStream({ cancel: leave }), () => page.read())
    expect(page.over.aborted).toBe(true)
    expect(isLeft).toBe(true)
    expect((await page.readAll()).length).toBe(givenBytesMax + 2)
    await page.engineComes(bodyOf(file, 1000))
    expect(await page.read()).toBe(false)
  })

  it('[B50] is not changed by a page that changes what it reads', async () => {
    const page = visit(bodyOf(file, 1000))
    const { value } = await page.reader.read()
    value!.fill(7)
    await page.engineComes(bodyOf(file, 1000))
    expect(await page.readAll()).toEqual(Buffer.from(file.subarray(1000)))
  })

  it('[B50] breaks off as the connection does, and no sooner than the engine where that has taken over', async () => {
    for (const isTaken of [false, true]) {
      let server!: ReadableStreamDefaultController<Uint8Array>
      const page = visit(
        new ReadableStream({
          start(controller) {
            server = controller
          },
        }),
      )
      server.enqueue(file.slice(0, 1000))
      await page.read()
      const next = page.read()
      const verified = page.engineComes(isTaken ? bodyOf(file, 1000) : undefined, async () =>
        server.error(new TypeError('broken off')),
      )
      if (isTaken) {
        await verified
        await next
        expect(await page.readAll()).toEqual(Buffer.from(file))
      } else await expect(next).rejects.toThrow('broken off')
    }
  })

  it('[B50] ends by the page’s signal, before the engine took over and after', async () => {
    for (const isTaken of [false, true]) {
      const abort = new AbortController()
      const page = visit(bodyOf(file, 1000), abort.signal)
      await page.read()
      if (isTaken) await page.engineComes(bodyOf(file, 1000))
      abort.abort(new Error('enough'))
      await expect(page.read()).rejects.toThrow('enough')
      // Who else reads what the engine brings goes on.
      expect(page.isCancelled).toBe(!isTaken)
      expect(page.over.aborted).toBe(true)
    }
  })

  it('[B50] ends the request of a page that wants no more of it', async () => {
    let isLeft = false
    const leave = () => {
      isLeft = true
    }
    const page = visit(new ReadableStream({ cancel: leave }))
    await page.reader.cancel()
    expect(isLeft).toBe(true)
    expect(page.over.aborted).toBe(true)
  })
})
