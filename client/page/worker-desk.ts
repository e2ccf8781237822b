/**
 * The page's side of the service worker: registers it once the visitor agreed, answers what it asks, and tells it which
 * media on the page are marked. A page without one loses nothing: its media come from the server.
 */

import type { AskAnswer, PageHello, ToPage, WorkerAsk } from '../worker/worker-messages.ts'
import { markedMedia } from './marked-media.ts'

/** What the page does for the worker. */
export interface WorkerHost {
  isGranted(): boolean
  /** Whether the page wants nothing that is not signed. */
  readonly isStrict: boolean
  /** Loads the engine: something on the page is about to want it. */
  prepare(): void
  answerWorker(ask: WorkerAsk, port: MessagePort): Promise<void>
  /** Ends everything, and deletes what is stored. */
  clear(): void
}

/** Takes the worker of this script off the site, whatever list it was registered with. */
export async function unregisterWorker(url: string): Promise<void> {
  const registrations = (await navigator.serviceWorker?.getRegistrations()) ?? []
  const isOurs = ({ active, waiting, installing }: ServiceWorkerRegistration) =>
    (active ?? waiting ?? installing)?.scriptURL.split('?')[0] === url.split('?')[0]
  await Promise.all(registrations.filter(isOurs).map((registration) => registration.unregister()))
}

/** The paths of what is marked here, and on this site. */
function markedPaths(): string[] {
  const urls = [...document.querySelectorAll(markedMedia)].map((element) => {
    const { currentSrc, src } = element as HTMLMediaElement
    return new URL(currentSrc || src, location.href)
  })
  return urls.filter(({ origin }) => origin === location.origin).map(({ pathname }) => pathname)
}

export class WorkerDesk {
  readonly #host: WorkerHost
  readonly #url: string
  #isRegistered = false

  /** @param url of the worker's script */
  constructor(url: string, host: WorkerHost) {
    this.#url = url
    this.#host = host
    const { serviceWorker } = navigator
    // Only what is served safely has one: https, and localhost.
    if (!serviceWorker) return
    serviceWorker.addEventListener('message', ({ data, ports: [port] }: MessageEvent<ToPage>) => this.#hear(data, port))
    serviceWorker.addEventListener('controllerchange', () => this.#sayHello())
    serviceWorker.startMessages()
    this.consentChanged()
  }

  /** Before the visitor agreed there is no worker, and one of an earlier visit asks nothing here. */
  consentChanged(): void {
    if (navigator.serviceWorker) this.#sayHello()
    if (this.#isRegistered || !this.#host.isGranted() || !navigator.serviceWorker) return
    this.#isRegistered = true
    if (markedPaths().length > 0) this.#host.prepare()
    navigator.serviceWorker.register(this.#url, { scope: '/' }).catch((error: unknown) => {
      console.warn(`nearcast: there is no service worker, and media come from the server: ${error}`)
    })
  }

  #hear(message: ToPage, port: MessagePort | undefined): void {
    if (message?.nearcast === 'hello?') this.#sayHello()
    if (message?.nearcast === 'off') this.#host.clear()
    if (message?.nearcast !== 'ask' || !port) return
    const say = (type: 'pass' | 'refuse') => port.postMessage({ type } satisfies AskAnswer)
    const { isStrict } = this.#host
    // Without its engine nothing can be told to be signed.
    if (this.#host.isGranted()) this.#host.answerWorker(message, port).catch(() => say(isStrict ? 'refuse' : 'pass'))
    else say('pass')
  }

  #sayHello(): void {
    const { controller } = navigator.serviceWorker
    const { isStrict } = this.#host
    const hello: PageHello = { nearcast: 'hello', isReady: this.#host.isGranted(), isStrict, paths: markedPaths() }
    controller?.postMessage(hello)
  }
}
