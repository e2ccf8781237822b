/** Requests and answers of the platform as the pure rules of interception see them. */
import type { AnswerFacts, RequestFacts } from '../core/interception.ts'

export function requestFacts({ method, url, mode, cache, destination, headers }: Request): RequestFacts {
  const { origin, pathname, username } = new URL(url)
  return { method, origin, pathname, username, mode, cache, destination, headers: new Map(headers) }
}

export function answerFacts({ status, type, redirected, headers }: Response): AnswerFacts {
  return { status, type, redirected, headers: new Map(headers) }
}
