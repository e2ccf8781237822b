/**
 * The script tag: puts the API at `window.Nearcast`, and makes links with `data-nearcast` download through it, by the
 * settings in the tag's own `data-` attributes. Without consent those links stay plain links.
 */
import type { Client, ClientOptions, Mode } from '../api.ts'
import { createClient, NearcastError } from '../index.ts'

const modes: readonly string[] = ['balanced', 'fastest', 'frugal'] satisfies Mode[]

/** @returns the client's options as the tag's attributes give them */
export function optionsOf(attributes: DOMStringMap): ClientOptions {
  const { tracker, token, tokenUrl, consent, mode, stun, uploadMax, uploadPeerMax } = attributes
  if (consent !== undefined && consent !== 'granted' && consent !== 'denied') {
    throw new NearcastError('usage', `nearcast: data-consent is "${consent}": it must be "granted" or "denied"`)
  }
  if (mode !== undefined && !modes.includes(mode)) {
    throw new NearcastError('usage', `nearcast: data-mode is "${mode}": it must be one of ${modes.join(', ')}`)
  }
  const uploadBytesPerSecondMax = rateOf('data-upload-max', uploadMax)
  const uploadPeerBytesPerSecondMax = rateOf('data-upload-peer-max', uploadPeerMax)
  return {
    ...(tracker !== undefined && { tracker }),
    ...(tokenUrl !== undefined ? { token: () => fetchToken(tokenUrl) } : token !== undefined && { token }),
    ...(consent !== undefined && { consent }),
    ...(mode !== undefined && { mode: mode as Mode }),
    ...(uploadBytesPerSecondMax !== undefined && { uploadBytesPerSecondMax }),
    ...(uploadPeerBytesPerSecondMax !== undefined && { uploadPeerBytesPerSecondMax }),
    ...(stun?.trim() && { iceServers: [{ urls: stun.split(/[\s,]+/).filter((url) => url !== '') }] }),
  }
}

/** What the site's backend answers to its own visitor, whom it knows by a cookie. */
async function fetchToken(url: string): Promise<string> {
  const response = await fetch(url, { cache: 'no-store' })
  if (!response.ok) throw new Error(`${url} answers ${response.status}`)
  return (await response.text()).trim()
}

/** @returns bytes per second, if the attribute is there */
function rateOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const rate = /^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(rate)) {
    throw new NearcastError('usage', `nearcast: ${name} is "${text}": it must be a number of bytes per second`)
  }
  return rate
}

/** Links whose download is under way: another click starts no second one. */
const busy = new Set<HTMLAnchorElement>()

/**
 * What a click on a marked link starts; pages hear of it as events on the link. One that fails is followed as the plain
 * link that it is, unless a page prevents that.
 */
function downloadLink(link: HTMLAnchorElement, client: Client): void {
  if (busy.has(link)) return
  const { href } = link
  const download = client.download(href)
  busy.add(link)
  link.ariaBusy = 'true'
  const tell = (type: string, detail: unknown) =>
    link.dispatchEvent(new CustomEvent(`nearcast-${type}`, { detail, bubbles: true, cancelable: type === 'error' }))
  download.onProgress((progress) => tell('progress', progress))
  download.done
    .then(() => download.save(link.download || undefined))
    .finally(() => {
      busy.delete(link)
      link.ariaBusy = null
    })
    .then(
      () => tell('done', download.progress()),
      (error) => {
        if (tell('error', error)) location.assign(href)
      },
    )
}

const isPlainClick = (event: MouseEvent) =>
  event.button === 0 && !event.defaultPrevented && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey

let client: Client | undefined

/** The client of the tag's settings, made when it is first needed. */
export function tagClient(): Client {
  client ??= createClient(options)
  return client
}

const tag = typeof document === 'undefined' ? null : (document.currentScript as HTMLScriptElement | null)
const options = optionsOf(tag?.dataset ?? {})

if (tag && options.consent === 'granted') {
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[data-nearcast]') : null
    if (!(link instanceof HTMLAnchorElement) || !isPlainClick(event)) return
    // Whatever this throws, the link stays a link.
    downloadLink(link, tagClient())
    event.preventDefault()
  })
}

export { createClient, NearcastError }
