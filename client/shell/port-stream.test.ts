import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { PortReader, pieceBytesMax, pieceCountAhead, writeTo } from './port-stream.ts'

const open: MessagePort[] = []
afterEach(() => {
  for (const port of open.splice(0)) port.close()
})

function ports(): [MessagePort, MessagePort] {
  const { port1, port2 } = new MessageChannel()
  open.push(port1, port2)
  return [port1, port2]
}

/** A stream of these parts, which counts how many were taken. */
function partsOf(parts: Uint8Array[], failure?: Error) {
  const state = { taken: 0, cancelled: false }
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const part = parts[state.taken]
        if (part) {
          state.taken++
          controller.enqueue(part)
        } else if (failure) controller.error(failure)
        else controller.close()
      },
      cancel() {
        state.cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { stream, state }
}

async function readAll(reader: PortReader): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for (let part = await reader.read(); part; part = await reader.read()) parts.push(part)
  return Buffer.concat(parts)
}

describe('a stream over a port', () => {
  it('[B15] comes whole and in order, whatever its parts are', async () => {
    const part = fc.uint8Array({ maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 20 }), async (parts) => {
        const [a, b] = ports()
        writeTo(a, partsOf(parts).stream)
        expect(await readAll(new PortReader(b))).toEqual(Buffer.concat(parts))
      }),
      { numRuns: 50 },
    )
  })

  it('[B15] comes in pieces that are small, however large its parts', async () => {
    const [a, b] = ports()
    writeTo(a, partsOf([new Uint8Array(3 * pieceBytesMax + 5).fill(7)]).stream)
    const reader = new PortReader(b)
    const lengths: number[] = []
    for (let part = await reader.read(); part; part = await reader.read()) lengths.push(part.length)
    expect(lengths).toEqual([pieceBytesMax, pieceBytesMax, pieceBytesMax, 5])
  })

  it('[B15] is not read on while its reader takes nothing', async () => {
    const [a, b] = ports()
    const { stream, state } = partsOf(Array.from({ length: 100 }, () => new Uint8Array(10)))
    const writer = writeTo(a, stream)
    const reader = new PortReader(b)
    expect(writer.isBegun).toBe(false)
    await reader.read()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(state.taken).toBeLessThanOrEqual(pieceCountAhead + 1)
    reader.cancel()
    await expect(reader.read()).resolves.toBeUndefined()
  })

  it('[B16] that breaks off is told so, with the reason', async () => {
    const [a, b] = ports()
    writeTo(a, partsOf([new Uint8Array([1])], new Error('the server went away')).stream)
    const reader = new PortReader(b)
    expect(await reader.read()).toEqual(new Uint8Array([1]))
    await expect(reader.read()).rejects.toThrow('the server went away')
  })

  it('[B16] ends from either side, and is left alone when nothing of it was asked for', async () => {
    const [a, b] = ports()
    const untouched = partsOf([new Uint8Array([1])])
    writeTo(a, untouched.stream).end()
    expect(untouched.stream.locked).toBe(false)
    await expect(new PortReader(b).read()).rejects.toThrow('ended by the writer')

    const [c, d] = ports()
    const cancelled = partsOf([new Uint8Array([1]), new Uint8Array([2])])
    const writer = writeTo(c, cancelled.stream)
    const reader = new PortReader(d)
    await reader.read()
    reader.cancel()
    while (!writer.isOver) await new Promise((resolve) => setTimeout(resolve))
    expect(writer.isOver).toBe(true)
  })

  it('[B16] says that it is still there while it has nothing', async () => {
    const [a, b] = ports()
    writeTo(a, new ReadableStream())
    const reader = new PortReader(b)
    const reading = reader.read()
    while (reader.heardCount < 2) await new Promise((resolve) => setTimeout(resolve, 20))
    reader.cancel()
    await expect(reading).resolves.toBeUndefined()
  })
})
