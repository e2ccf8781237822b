import { describe, expect, it, vi } from 'vitest'
import { silentLog } from '../../shared/log.ts'
import { createTokenSource, type Token } from './token-source.ts'

const fetched = (token: Token | undefined) =>
  new Promise<string | undefined>((resolve) =>
    createTokenSource({ token, notice() {}, log: silentLog }).run({ type: 'fetchToken' }, resolve),
  )

describe("the owner's token", () => {
  it('[T130] is the text, or what the function gives each time', async () => {
    expect(await fetched('text')).toBe('text')
    let count = 0
    const token = async () => `token ${++count}`
    expect(await fetched(token)).toBe('token 1')
    expect(await fetched(token)).toBe('token 2')
  })

  it.each<[string, unknown]>([
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('no')
      },
    ],
    ['gives nothing', async () => undefined],
    ['gives an empty text', async () => ''],
    ['gives what is no text', async () => ({ token: 'x' })],
  ])('[T131] is missing when the function %s', async (_, token) => {
    expect(await fetched(token as Token)).toBeUndefined()
  })

  it('[T131] is missing when it does not come in time', async () => {
    vi.useFakeTimers()
    try {
      const missing = fetched(() => new Promise(() => {}))
      await vi.advanceTimersByTimeAsync(20_000)
      expect(await missing).toBeUndefined()
    } finally {
      vi.useRealTimers()
    }
  })

  it('[T131] that is not taken is told of once', () => {
    const told: string[] = []
    const source = createTokenSource({ token: 'text', notice: (text) => told.push(text), log: silentLog })
    for (let i = 0; i < 3; i++) source.run({ type: 'shutOut', why: 'the token has run out' }, () => {})
    expect(told).toEqual([expect.stringContaining('the token has run out')])
  })
})
