/**
 * The service worker: takes the requests that a site's list means, asks the page that made each whether it can bring the
 * bytes, and otherwise gives the server's own answer. Holds no state that matters: it may be stopped at any moment.
 * WebRTC does not exist here; engine and connections are the page's.
 */
import { type AnsweredRange, acceleratedRange, refusalOf } from '../core/interception.ts'
import { readGlobs } from '../core/url-globs.ts'
import { databaseNames } from '../shell/database-names.ts'
import type { PageSave } from '../shell/page-save.ts'
import { Asking, type Taken } from './asking.ts'
import { answerFacts, requestFacts } from './fetch-facts.ts'
import { KnownPages } from './known-pages.ts'
import { relayedBody } from './relayed-body.ts'
import { Saves } from './saves.ts'
import type { HelloAsk, PageHello, WorkerOff } from './worker-messages.ts'
import type { WorkerClient, WorkerFetchEvent, WorkerScope } from './worker-scope.ts'

const scope = globalThis as unknown as WorkerScope // the platform's types for pages stand in the way

/** Whether the site still wants a worker is asked when it starts, and then so often. */
const checkEveryMs = 60 * 60 * 1000

/** Where this script is served: a site's own worker file may say so. Gone from there, the worker goes too. */
const ownAddress = scope.nearcast ? (scope.nearcast.script ?? '/.nearcast/sw.js') : scope.location.pathname

const list = scope.nearcast?.match ?? new URLSearchParams(scope.location.search).get('match') ?? ''
const isListed = readGlobs(list) ?? (() => false)
const pages = new KnownPages()
const saves = new Saves()
let checkedAt = Number.NEGATIVE_INFINITY
let isOff = false

/** Asks the server whether it still has this script. Only a clear no counts: a server that is down says nothing. */
async function check(): Promise<void> {
  const response = await fetch(ownAddress, { method: 'HEAD', cache: 'no-store' }).catch(() => undefined)
  if (response?.status !== 410 && response?.status !== 404) return
  isOff = true
  for (const client of await scope.clients.matchAll({ type: 'window' })) {
    client.postMessage({ nearcast: 'off' } satisfies WorkerOff)
  }
  for (const name of databaseNames) indexedDB.deleteDatabase(name)
  await scope.registration.unregister()
}

/** The page to be asked; those that are closed by now are forgotten. */
async function hostFor({ clientId, request }: WorkerFetchEvent): Promise<WorkerClient | undefined> {
  for (const id of pages.hostsFor(clientId, request.destination)) {
    const client = await scope.clients.get(id)
    if (client) return client
    pages.gone(id)
  }
  return undefined
}

const isMedia = ({ destination }: Request) => destination === 'audio' || destination === 'video'

/**
 * The server's own answer. A media element ends with an error when one of its answers is the server's and the next one
 * is a worker's, so all that it gets are the worker's; the body is the server's, untouched.
 */
function untouched(request: Request, response: Response): Response {
  const { body, status, statusText, headers, type, redirected } = response
  return isMedia(request) && type === 'basic' && !redirected
    ? new Response(body, { status, statusText, headers })
    : response
}

async function answer(event: WorkerFetchEvent): Promise<Response> {
  const { request } = event
  const { url, credentials } = request
  const range = request.headers.get('range') ?? undefined
  // The server first: what it is asked is what it would be asked without a worker.
  const answering = fetch(request)
  const asking = hostFor(event).then((host) => host && { host, asked: new Asking(host, { url, range }) })
  const response = await answering.catch(async (error: unknown) => {
    void asking.then((found) => found?.asked.over())
    throw error
  })
  const brought = acceleratedRange(answerFacts(response))
  const found = await asking
  if (!brought || !found) {
    found?.asked.over()
    return untouched(request, response)
  }
  const isStrict = pages.isStrict(found.host.id)
  const taken = await found.asked.offer(response, isStrict)
  if (taken === 'refused') return Response.error()
  // A page that began to read and then fell silent: what it read is gone, and the server is asked once more.
  if (!taken) return untouched(request, response.body?.locked ? await fetch(request) : response)
  return relayed(
    response,
    brought,
    { ...taken, isStrict },
    {
      ask: (headers, signal) => fetch(url, { headers, signal, credentials, cache: 'no-store' }),
      isOpen: async () => (await scope.clients.get(found.host.id)) !== undefined,
    },
  )
}

function relayed(
  { status, statusText, headers }: Response,
  range: AnsweredRange,
  taken: Taken & { isStrict: boolean },
  server: Pick<Parameters<typeof relayedBody>[0], 'ask' | 'isOpen'>,
): Response {
  // Where all must be verified nothing follows that is not: such an answer breaks off.
  const etag = taken.isStrict ? undefined : (headers.get('etag') ?? undefined)
  return new Response(relayedBody({ ...taken, ...server, range, etag }), { status, statusText, headers })
}

scope.addEventListener('fetch', (event) => {
  if (!isOff && Date.now() - checkedAt > checkEveryMs) {
    checkedAt = Date.now()
    event.waitUntil(check())
  }
  const { clientId, request } = event
  const saved = saves.take(new URL(request.url).pathname)
  if (saved) return event.respondWith(Promise.resolve(saved))
  const isMatch = (path: string) => isListed(path) || pages.isMarked(clientId, path)
  const isOurs = refusalOf(requestFacts(request), scope.location.origin, isMatch) === undefined
  // Without a page that can bring the bytes the browser is quicker by itself.
  if (!isOff && isOurs && pages.hostsFor(clientId, request.destination).length > 0) event.respondWith(answer(event))
  else if (isMedia(request) && new URL(request.url).origin === scope.location.origin)
    event.respondWith(fetch(request).then((response) => untouched(request, response)))
})

scope.addEventListener('message', ({ data, source, ports: [port] }) => {
  const { nearcast, isReady, isStrict, paths, ...save } = (data ?? {}) as Partial<
    Omit<PageHello & PageSave, 'nearcast'> & { nearcast: unknown }
  >
  if (nearcast === 'save' && port) saves.add(save, port)
  if (nearcast === 'hello' && source && Array.isArray(paths)) pages.hello(source.id, { isReady, isStrict, paths })
})

// A newer worker takes over at once: it keeps nothing that an older one could miss. Pages that began without one go on
// without: their media have had answers of the server's own.
scope.addEventListener('install', (event) => event.waitUntil(scope.skipWaiting()))

void scope.clients.matchAll({ type: 'window' }).then((clients) => {
  for (const client of clients) client.postMessage({ nearcast: 'hello?' } satisfies HelloAsk)
})
