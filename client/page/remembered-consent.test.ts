import { afterEach, describe, expect, it, vi } from 'vitest'
import { answerKey, rememberAnswer, rememberedAnswer } from './remembered-consent.ts'

const dayMs = 86_400_000

function withStorage(): Map<string, string> {
  const items = new Map<string, string>()
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  })
  return items
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('the remembered answer', () => {
  it.each([
    ['granted', 180],
    ['denied', 180],
    ['later', 1],
  ] as const)('[P21] [P23] %s holds for %i days', (answer, days) => {
    withStorage()
    vi.useFakeTimers()
    rememberAnswer(answer)
    vi.advanceTimersByTime(days * dayMs - 1)
    expect(rememberedAnswer()).toBe(answer)
    vi.advanceTimersByTime(1)
    expect(rememberedAnswer()).toBeUndefined()
  })

  it.each([
    '',
    'granted',
    'granted 0',
    'yes 99999999999999',
    'granted 1e99',
    `granted ${Number.MAX_SAFE_INTEGER}`,
    '{}',
  ])('[P23] is none where storage says "%s"', (text) => {
    withStorage().set(answerKey, text)
    expect(rememberedAnswer()).toBeUndefined()
  })

  it('[P23] is none where nothing may be stored', () => {
    rememberAnswer('granted')
    expect(rememberedAnswer()).toBeUndefined()
  })
})
