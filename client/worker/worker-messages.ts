/** What the service worker and a page say to one another. Both are of one site, and of one version or nearly so. */

/** To a page: whether it takes over what the server is being asked for. Comes with the port for all that follows. */
export interface WorkerAsk {
  nearcast: 'ask'
  url: string
  /** The request's Range, where it has one. */
  range: string | undefined
}

/** To a page: the worker has just started, and knows nothing of earlier hellos. */
export interface HelloAsk {
  nearcast: 'hello?'
}

/** To a page: the server wants no Nearcast any more; what is stored goes. */
export interface WorkerOff {
  nearcast: 'off'
}

/** To the worker: whether a page can be asked, and the paths of what is marked on it. */
export interface PageHello {
  nearcast: 'hello'
  isReady: boolean
  /** Whether it wants nothing that is not signed: then it is waited for. */
  isStrict: boolean
  paths: string[]
}

/** On an ask's port, to the page: what the server answered, with the port that its body comes through; or that it is over. */
export type AskNews = { type: 'head'; status: number; headers: [string, string][] } | { type: 'over' }

/**
 * On an ask's port, to the worker: the bytes come through the port that is with it, verified by this root; or the
 * server's own answer stands; or nobody is to have it, for it is not signed as it must be.
 */
export type AskAnswer = { type: 'take'; root: string } | { type: 'pass' } | { type: 'refuse' }

export type ToPage = WorkerAsk | HelloAsk | WorkerOff
