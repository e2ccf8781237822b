import { describe, expect, it } from 'vitest'
import { consentWords, languageOf, languages } from './consent-words.ts'

describe('the words of the question', () => {
  it.each(languages)('[P22] say everything in %s', (language) => {
    const words = Object.values(consentWords(language))
    expect(new Set(words).size).toBe(11)
    expect(words.every((text) => text.trim() !== '')).toBe(true)
    expect(consentWords(language).rate).toContain('{rate}')
    expect(() => new Intl.NumberFormat(language)).not.toThrow()
  })

  it('[P22] are in the first language that there is, and in English else', () => {
    expect(languageOf(['de-AT', 'fr'])).toBe('de')
    expect(languageOf(['', 'xx', 'zh-Hant-TW'])).toBe('zh')
    expect(languageOf(['constructor', 'PT-br'])).toBe('pt')
    expect(languageOf([])).toBe('en')
  })
})
