/**
 * The script tag: puts the API at `window.Nearcast`, and accelerates what the tag's own `data-` attributes and the
 * page's marks say. It is small, and loads the engine once there is something for it to do.
 */
import { type Client, type ClientOptions, NearcastError } from '../api.ts'
import { isStrict } from '../shell/checked-options.ts'
import type { ask } from './consent-question.ts'
import { createEngineLoader, createPartLoader } from './engine-script.ts'
import { LaterClient } from './later-client.ts'
import { watchLinks } from './marked-links.ts'
import { markedMedia } from './marked-media.ts'
import { answerKey, rememberAnswer, rememberedAnswer } from './remembered-consent.ts'
import { readTag, type TagSettings } from './tag-attributes.ts'
import type * as Desk from './worker-desk.ts'

/** The hashes of the other scripts, which the build puts in. */
declare const consentIntegrity: string
declare const deskIntegrity: string
declare const engineIntegrity: string
declare const trustIntegrity: string

// A script of type "module" is not told which tag it is of.
const tag = typeof document === 'undefined' ? null : (document.currentScript as HTMLScriptElement | null)

/** Where this script is, and with it the engine, what checks signatures, and the worker. */
const ownUrl = tag?.src || new URL('/.nearcast/nearcast.js', location.href).href

/** A script beside this one, named for its content: no cache gives the old one while a new version is put in place. */
const beside = (name: string, integrity: string) => ({
  url: new URL(`${name}?${integrity.slice(-8).replace(/\W/g, '')}`, ownUrl).href,
  integrity,
  nonce: tag?.nonce ?? '',
})

const loadConsent = createPartLoader<typeof ask>(beside('consent.js', consentIntegrity))
const loadDesk = createPartLoader<typeof Desk>(beside('desk.js', deskIntegrity))
const loadEngine = createEngineLoader(beside('engine.js', engineIntegrity), beside('trust.js', trustIntegrity))

/**
 * Makes a client of the page's own. It connects to nobody before consent is `granted`.
 * @throws NearcastError `usage` when an option is not what it must be
 */
export const createClient = (options: ClientOptions = {}): Client => new LaterClient(options, loadEngine)

/** What the site's backend answers to its own visitor, whom it knows by a cookie. */
async function fetchToken(url: string): Promise<string> {
  const response = await fetch(url, { cache: 'no-store' })
  if (!response.ok) throw new Error(`${url} answers ${response.status}`)
  return (await response.text()).trim()
}

function tagOptions({ options, token, tokenUrl }: TagSettings): ClientOptions {
  return {
    ...options,
    ...(tokenUrl !== undefined ? { token: () => fetchToken(tokenUrl) } : token !== undefined && { token }),
    consent: isAgreed() ? 'granted' : 'denied',
  }
}

/** By the tag and by what the visitor answered, on whichever page of the site: who said no means it everywhere. */
function isAgreed(): boolean {
  const answer = rememberedAnswer()
  return settings?.consent === 'granted' ? answer !== 'denied' : settings?.consent === 'ask' && answer === 'granted'
}

let settings: TagSettings | undefined
let client: LaterClient | undefined
let workerDesk: Promise<Desk.WorkerDesk | undefined> | undefined
/** The site or the page is done with Nearcast. */
let isOff = false

function ownClient(): LaterClient {
  if (!client) {
    client = new LaterClient(settings ? tagOptions(settings) : {}, loadEngine)
    client.on('consent', (state) => {
      rememberAnswer(state)
      workerDesk?.then((desk) => desk?.consentChanged())
    })
  }
  return client
}

/** The client of the tag's settings, made when it is first needed. Of a tag with a wrong value: one over HTTP alone. */
export const tagClient = (): Client => ownClient()

/** Whether the visitor agreed: as the tag says, until the page says otherwise. */
const isGranted = () => !isOff && (client ? client.consent.state === 'granted' : isAgreed())

/** Asks the visitor, also one who answered before: for a button of the page's own. */
export async function askConsent(isWanted = true): Promise<void> {
  if (settings) await (await loadConsent())(ownClient(), settings, isWanted)
}

function watchConsent({ consent }: TagSettings): void {
  // Who cannot be asked has not agreed.
  if (consent === 'ask' && !rememberedAnswer()) askConsent(false).catch(() => {})
  document.addEventListener('click', ({ target }) => {
    if ((target as Element).closest('[data-nearcast-consent]')) askConsent().catch(() => {})
  })
  // Another tab's answer counts here as well.
  addEventListener('storage', ({ key }) => {
    if (key !== answerKey) return
    const answer = rememberedAnswer()
    if (answer === 'granted' && isAgreed()) ownClient().consent.grant()
    if (answer === 'denied' && isGranted())
      void ownClient()
        .consent.revoke()
        .catch(() => {})
  })
}

function pageIsThere(): void {
  startWorker()
  if (settings) watchConsent(settings)
}

async function clear(): Promise<void> {
  isOff = true
  await ownClient().close({ clear: true })
}

/** The worker's script: what the tag names, or the one beside this script. */
function workerUrl(): URL {
  const { worker, match } = settings ?? {}
  if (worker !== undefined && worker !== 'off') return new URL(worker, location.href)
  const url = new URL('sw.js', ownUrl)
  if (match) url.searchParams.set('match', match)
  return url
}

/** Takes the service worker off this site, closes every connection of this page, and deletes what is stored. */
export async function unregister(): Promise<void> {
  await (await loadDesk()).unregisterWorker(workerUrl().href)
  await clear()
}

/** The desk is there before the visitor agreed: it says so to a worker of an earlier visit. */
function startWorker(): void {
  const { worker, match, options } = settings ?? {}
  const { href, origin } = workerUrl()
  if (worker === 'off') return void loadDesk().then((desk) => desk.unregisterWorker(href))
  if (!options || workerDesk || (!worker && !match && !document.querySelector(markedMedia))) return
  if (origin !== location.origin) {
    return console.error('nearcast: the service worker must be of this site: data-worker is to be its path')
  }
  const host: Desk.WorkerHost = {
    isGranted,
    isStrict: isStrict(options),
    prepare: () => void ownClient().ready.catch(() => {}), // the first use tries again
    answerWorker: (ask, port) => ownClient().answerWorker(ask, port),
    clear: () => void clear(),
  }
  // Without it there is no worker, as for all on their first page.
  workerDesk = loadDesk().then(
    ({ WorkerDesk }) => new WorkerDesk(href, host),
    () => undefined,
  )
}

function start(tag: HTMLScriptElement): void {
  const { settings: read, complaints } = readTag({ ...tag.dataset })
  for (const complaint of complaints) console.error(`nearcast: ${complaint}`)
  settings = read
  if (!read) return
  watchLinks(() => (isGranted() ? ownClient() : undefined))
  // Marks can only be seen once the page is there.
  if (document.readyState !== 'loading') pageIsThere()
  else document.addEventListener('DOMContentLoaded', pageIsThere)
}

if (tag) start(tag)

export { NearcastError }
