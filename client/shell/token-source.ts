/**
 * The owner's token for the tracker, as it is at the moment: a text, or a function that gets one. Tells the owner once
 * when it is not taken. Knows nothing of what is in it.
 */
import type { Log } from '../../shared/log.ts'
import type { Effect } from '../core/engine-events.ts'

export type Token = string | (() => Promise<string>)

type TokenEffect = Extract<Effect, { type: 'fetchToken' | 'shutOut' }>

export interface TokenSource {
  /** @param got is given the token that was asked for; undefined when there is none to be had */
  run(effect: TokenEffect, got: (token: string | undefined) => void): void
}

/** A backend that needs longer keeps the visitor without peers, and nothing else waits for it. */
const answerTimeoutMs = 20_000

export interface TokenSourceParts {
  token: Token | undefined
  /** Is told once that there are no peers, and why. */
  notice: (text: string) => void
  log: Log
}

export function createTokenSource({ token, notice, log }: TokenSourceParts): TokenSource {
  let isTold = false
  const fetchToken = async (): Promise<string | undefined> => {
    if (typeof token !== 'function') return token
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no token came in time')), answerTimeoutMs)
    })
    try {
      const text = await Promise.race([token(), late])
      if (typeof text !== 'string' || text === '') throw new Error('the token is no text')
      return text
    } catch (error) {
      log.warn({ reason: error instanceof Error ? error.message : String(error) }, 'no token for the tracker')
      return undefined
    } finally {
      clearTimeout(timer)
    }
  }
  return {
    run(effect, got) {
      if (effect.type === 'fetchToken') return void fetchToken().then(got)
      const { why } = effect
      log.warn({ why }, 'the tracker does not take this client')
      if (isTold) return
      isTold = true
      notice(`the tracker does not take this client (${why}): files come from their server alone`)
    },
  }
}
