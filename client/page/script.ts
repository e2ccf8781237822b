/**
 * The script tag: puts the API at `window.Nearcast`, and makes marked links download through it, by the settings in the
 * tag's own `data-` attributes. It is small, and loads the engine once there is something for it to do.
 */
import { type Client, type ClientOptions, NearcastError } from '../api.ts'
import { createEngineLoader } from './engine-script.ts'
import { LaterClient } from './later-client.ts'
import { watchLinks } from './marked-links.ts'
import { readTag, type TagSettings } from './tag-attributes.ts'

/** The hashes of engine.js and trust.js, which the build puts in. */
declare const engineIntegrity: string
declare const trustIntegrity: string

// A script of type "module" is not told which tag it is of.
const tag = typeof document === 'undefined' ? null : (document.currentScript as HTMLScriptElement | null)

/** A script beside this one. */
const beside = (name: string, integrity: string) => ({
  url: new URL(`${name}?${integrity.slice(-8).replace(/\W/g, '')}`, tag?.src || new URL('/.nearcast/', location.href))
    .href,
  integrity,
  nonce: tag?.nonce ?? '',
})

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

function tagOptions({ options, token, tokenUrl, consent }: TagSettings): ClientOptions {
  return {
    ...options,
    ...(tokenUrl !== undefined ? { token: () => fetchToken(tokenUrl) } : token !== undefined && { token }),
    consent: consent === 'granted' ? 'granted' : 'denied',
  }
}

let client: LaterClient | undefined

/** The client of the tag's settings, made when it is first needed. Of a tag with a wrong value: one over HTTP alone. */
export function tagClient(): Client {
  client ??= new LaterClient(settings ? tagOptions(settings) : {}, loadEngine)
  return client
}

/** Whether the visitor agreed: as the tag says, until the page says otherwise. */
const isGranted = () => (client ? client.consent === 'granted' : settings?.consent === 'granted')

function start(): TagSettings | undefined {
  if (!tag) return undefined
  const { settings, complaints } = readTag({ ...tag.dataset })
  for (const complaint of complaints) console.error(`nearcast: ${complaint}`)
  if (!settings) return undefined
  if (settings.consent === 'ask') {
    console.info('nearcast: data-consent is "ask": the page asks, and calls Nearcast.tagClient().setConsent("granted")')
  }
  watchLinks(() => (isGranted() ? tagClient() : undefined))
  return settings
}

const settings = start()

export { NearcastError }
