/** The visitor's answer, for all pages and tabs of a site: kept for as long as an answer is one. */
import type { Consent } from '../api.ts'

/** `later` is no answer: the question is only not to be repeated at once. */
export type Answer = Consent | 'later'

export const answerKey = 'nearcast-consent'

const dayMs = 86_400_000

/** Half a year, for yes and no alike: as long as the French authority finds right (CNIL, 2020). */
const answerMs = 180 * dayMs

const kept = /^(granted|denied|later) (\d+)$/

/** Without storage, or with anything else in it, there is none. */
export function rememberedAnswer(): Answer | undefined {
  try {
    const [, answer, untilMs] = kept.exec(localStorage.getItem(answerKey) ?? '') ?? []
    const leftMs = Number(untilMs) - Date.now()
    return leftMs > 0 && leftMs <= answerMs ? (answer as Answer) : undefined
  } catch {
    return undefined
  }
}

export function rememberAnswer(answer: Answer): void {
  try {
    localStorage.setItem(answerKey, `${answer} ${Date.now() + (answer === 'later' ? dayMs : answerMs)}`)
  } catch {
    // not allowed, or full: the answer holds for this page
  }
}
