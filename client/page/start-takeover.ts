/**
 * Goes on with an answer that began as plain HTTP: once as much is verified as the page has, and is the same, the page
 * reads what the engine brings. So it never has a file of two versions.
 */
import { equalBytes } from '../../shared/bytes.ts'
import { NearcastError } from '../api.ts'
import type { EngineClient } from '../client.ts'
import { answerLike } from '../shell/answer-like.ts'
import type { PlainStart } from './plain-start.ts'

/** A page that reads meanwhile loses nothing while its file waits for a manifest. */
const manifestPatienceMs = 10_000

/** Rejects where the answer stays plain. */
export async function takeOverStart(
  client: EngineClient,
  start: PlainStart,
  url: string,
  headers: HeadersInit = {},
): Promise<void> {
  const { response, offered, over } = start
  const taken = await client.takeOver({
    url,
    headers: new Headers(headers),
    signal: over,
    patienceMs: manifestPatienceMs,
    begun: {
      response: Promise.resolve(answerLike(response, offered)),
      // What is not read yet only goes to the page.
      cancel: (reason) => (offered.locked ? start.cancel(reason) : void offered.cancel(reason)),
    },
  })
  if (!taken || !start.given) {
    void taken?.body.cancel()
    throw new Error('it stays plain')
  }
  const rest = restAfter(start.given, taken.body.getReader())
  start.given = undefined
  // Begun at once: a page that does not read on must not keep two copies waiting.
  let first: Promise<IteratorResult<Uint8Array>> | undefined = rest.next()
  first.then(() => start.plain.cancel()).catch(() => {}) // whoever reads on hears of it
  start.next = async () => {
    const next = first ?? rest.next()
    first = undefined
    return (await next).value
  }
}

/** What comes after the bytes that were given. Throws where others come in their place. */
async function* restAfter(
  given: readonly Uint8Array[],
  verified: ReadableStreamDefaultReader<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let piece: Uint8Array | undefined
  for (const part of given) {
    for (let at = 0; at < part.length; ) {
      piece = piece?.length ? piece : (await verified.read()).value
      const same = piece?.subarray(0, part.length - at)
      if (!piece || !same || !equalBytes(same, part.subarray(at, at + same.length))) {
        throw new NearcastError('corrupt-origin', 'nearcast: the beginning that the server sent is wrong')
      }
      at += same.length
      piece = piece.subarray(same.length)
    }
  }
  if (piece?.length) yield piece
  for (let next = await verified.read(); next.value; next = await verified.read()) yield next.value
}
