/**
 * The plain request of a file, and at other addresses of it where its own server gives no answer or a broken one. Proves
 * nothing of what comes.
 */
import { answerLike } from './answer-like.ts'

/** A server that is down behind a proxy that is not. */
const brokenStatuses = [502, 503, 504]

/** Each may cost its time; who waits longer is better served by an error. */
const othersTriedMax = 3

export interface Answered {
  response: Response
  /** Where it came from: what belongs to the answer is to be asked there. */
  address: string
}

/**
 * @param others to be asked in this order, once they are needed
 * @param begun the plain request, where it is under way
 */
export async function fetchAnywhere(
  url: string,
  init: RequestInit,
  others: () => readonly string[],
  begun?: Promise<Response>,
): Promise<Answered> {
  let own: Response | undefined
  let failure: unknown
  try {
    own = await (begun ?? fetch(url, init))
    if (!brokenStatuses.includes(own.status)) return { response: own, address: url }
  } catch (error) {
    failure = error
  }
  // What else a page sends, such as who the visitor is, is for its own server alone.
  const isPlain = [...new Headers(init.headers).keys()].every((name) => name === 'range')
  for (const address of isPlain ? others().slice(0, othersTriedMax) : []) {
    if (init.signal?.aborted) break
    const response = await fetch(address, init).catch(() => undefined)
    if (response?.ok) {
      void own?.body?.cancel()
      return { response: asOf(url, response), address }
    }
    void response?.body?.cancel()
  }
  if (own === undefined) throw failure
  return { response: own, address: url }
}

/** ETags are each server's own: the file's server is not to be asked for this one. */
function asOf(url: string, { body, status, statusText, headers }: Response): Response {
  const kept = new Headers(headers)
  kept.delete('etag')
  return answerLike({ status, statusText, headers: kept, url }, body)
}
