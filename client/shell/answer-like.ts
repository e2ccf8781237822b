/** An answer with another body: head and address are those of the server's own. */

/** What a body is given besides itself. */
type AnswerHead = Pick<Response, 'status' | 'headers' | 'url'> & { statusText?: string }

export function answerLike(head: AnswerHead, body: ReadableStream<Uint8Array> | null): Response {
  return Object.defineProperty(new Response(body, head), 'url', { value: head.url })
}
