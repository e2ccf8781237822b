/** What a page hears of a request that came to nothing. */
import { NearcastError } from '../api.ts'

/** The error that a rejected `fetch` becomes; an abort stays what it is. */
export function openError(url: string, error: unknown): unknown {
  if (error instanceof NearcastError) return error
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')) return error
  return new NearcastError('network', `nearcast: ${url} could not be reached`, { cause: error })
}

/** The error of a download whose server does not have it. */
export const statusError = (url: string, { status }: Response): NearcastError =>
  new NearcastError('http-status', `nearcast: ${url}: the server answered ${status}`)
