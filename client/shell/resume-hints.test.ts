import { describe, expect, it } from 'vitest'
import { createResumeHints } from './resume-hints.ts'

function memory(first?: string) {
  const items = new Map<string, string>(first === undefined ? [] : [['nearcast.files', first]])
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  }
}

describe('resume hints', () => {
  it('[C4] a file that was opened is known after a reload', () => {
    const storage = memory()
    createResumeHints(storage).add('https://a.example/x')
    expect(createResumeHints(storage).has('https://a.example/x')).toBe(true)
    expect(createResumeHints(storage).has('https://a.example/y')).toBe(false)
  })

  it('[C4] the latest 200 are remembered', () => {
    const storage = memory()
    const hints = createResumeHints(storage)
    for (let i = 0; i < 250; i++) hints.add(`https://a.example/${i}`)
    expect(hints.has('https://a.example/49')).toBe(false)
    expect(hints.has('https://a.example/50')).toBe(true)
    expect(hints.has('https://a.example/249')).toBe(true)
  })

  it.each(['', 'no JSON', '{"a":1}', 'null', '[1,{"b":2}]'])(
    '[C4] what others wrote there (%s) is no hint and no harm',
    (text) => {
      const hints = createResumeHints(memory(text))
      expect(hints.has('https://a.example/x')).toBe(false)
      hints.add('https://a.example/x')
      expect(hints.has('https://a.example/x')).toBe(true)
    },
  )

  it('[C4] where storage is forbidden or full there are no hints, and nothing breaks', () => {
    const refuse = () => {
      throw new Error('forbidden')
    }
    for (const storage of [undefined, { getItem: refuse, setItem: refuse, removeItem: refuse }]) {
      const hints = createResumeHints(storage)
      hints.add('https://a.example/x')
      expect(hints.has('https://a.example/x')).toBe(false)
      hints.clear()
    }
  })

  it('[P2] cleared, nothing is known any more', () => {
    const hints = createResumeHints(memory())
    hints.add('https://a.example/x')
    hints.clear()
    expect(hints.has('https://a.example/x')).toBe(false)
  })
})
