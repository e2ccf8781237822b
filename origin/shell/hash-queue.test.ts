import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GiB } from '../../shared/limits.ts'
import type { HashOutcome } from '../ports.ts'
import { HashQueue } from './hash-queue.ts'

const failed: HashOutcome = { kind: 'failed', reason: 'read error' }

/** Hashing that ends when told to. */
let running: Map<string, (outcome: HashOutcome) => void>
let queue: HashQueue
beforeEach(() => {
  running = new Map()
  queue = new HashQueue((path, signal) => {
    return new Promise((resolve) => {
      running.set(path, resolve)
      signal.addEventListener('abort', () => resolve({ kind: 'failed', reason: 'aborted' }))
    })
  })
})
afterEach(() => queue.close())

async function finish(path: string, outcome = failed): Promise<void> {
  running.get(path)?.(outcome)
  running.delete(path)
  await new Promise((resolve) => setImmediate(resolve))
}

describe('files that wait to be hashed', () => {
  it('[O19] go two at a time, in the order of asking', async () => {
    for (const path of ['a', 'b', 'c', 'd']) void queue.hash(path, 1)
    expect([...running.keys()]).toEqual(['a', 'b'])
    await finish('b')
    expect([...running.keys()]).toEqual(['a', 'c'])
    await finish('a')
    expect([...running.keys()]).toEqual(['c', 'd'])
  })

  it('[O19] are not held up by huge ones: of those, one is hashed at a time', async () => {
    void queue.hash('huge 1', 50 * GiB)
    void queue.hash('huge 2', 50 * GiB)
    void queue.hash('small', 1)
    expect([...running.keys()]).toEqual(['huge 1', 'small'])
    await finish('small')
    expect([...running.keys()]).toEqual(['huge 1'])
    await finish('huge 1')
    expect([...running.keys()]).toEqual(['huge 2'])
  })

  it('[O16] are tried again when they changed, a few times', async () => {
    let tries = 0
    const restless = new HashQueue(async () => {
      tries++
      return { kind: 'changed' }
    })
    expect(await restless.hash('a', 1)).toEqual({ kind: 'changed' })
    expect(tries).toBe(4)
  })

  it('[O19] are refused when far too many wait', async () => {
    const outcomes = Array.from({ length: 4098 }, (_, i) => queue.hash(`${i}`, 1))
    const refused = await queue.hash('one more', 1)
    expect(refused).toEqual({ kind: 'failed', reason: '4096 files already wait to be hashed' })
    queue.close()
    for (const outcome of await Promise.all(outcomes)) expect(outcome.kind).toBe('failed')
  })

  it('get their answer when the queue is closed, and nothing starts after it', async () => {
    const outcomes = ['a', 'b', 'c'].map((path) => queue.hash(path, 1))
    queue.close()
    expect((await Promise.all(outcomes)).map(({ kind }) => kind)).toEqual(['failed', 'failed', 'failed'])
    expect([...running.keys()]).toEqual(['a', 'b'])
    expect(await queue.hash('d', 1)).toMatchObject({ kind: 'failed' })
  })
})
