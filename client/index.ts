/** The public API: what a bundler imports. */
import { type Client, type ClientOptions, NearcastError } from './api.ts'
import { createBrowserClient } from './page/browser-client.ts'

/**
 * Makes a client. It connects to nobody before consent is `granted`, and to the tracker only while files are open.
 * @throws NearcastError `usage` when an option is not what it must be
 */
export const createClient = (options: ClientOptions = {}): Client => createBrowserClient(options)

export type * from './api.ts'
export { NearcastError }
