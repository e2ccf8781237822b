/** The service worker's global scope, as far as it is used: the platform's types for pages and workers exclude each other. */

export interface WorkerClient {
  readonly id: string
  postMessage(message: unknown, transfer?: Transferable[]): void
}

export interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void
}

export interface WorkerFetchEvent extends ExtendableEvent {
  readonly request: Request
  readonly clientId: string
  respondWith(response: Promise<Response>): void
}

export interface WorkerMessageEvent extends ExtendableEvent {
  readonly data: unknown
  readonly source: WorkerClient | null
  readonly ports: readonly MessagePort[]
}

interface WorkerEvents {
  install: ExtendableEvent
  fetch: WorkerFetchEvent
  message: WorkerMessageEvent
}

export interface WorkerScope {
  readonly location: { readonly origin: string; readonly pathname: string; readonly search: string }
  readonly clients: {
    get(id: string): Promise<WorkerClient | undefined>
    matchAll(options: { type: 'window' }): Promise<readonly WorkerClient[]>
  }
  readonly registration: { unregister(): Promise<boolean> }
  /** What a site's own worker file may say before it imports ours. */
  readonly nearcast?: { match?: string; script?: string }
  skipWaiting(): Promise<void>
  addEventListener<Type extends keyof WorkerEvents>(type: Type, listener: (event: WorkerEvents[Type]) => void): void
}
