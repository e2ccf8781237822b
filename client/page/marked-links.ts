/**
 * Links with `data-nearcast`: a plain click downloads, and the link tells the page by events. One that fails is followed
 * as the plain link that it is, unless the page prevents that.
 */
import type { Client } from '../api.ts'

/** Links whose download is under way: another click starts no second one. */
const busy = new Set<HTMLAnchorElement>()

function downloadLink(link: HTMLAnchorElement, client: Client): void {
  if (busy.has(link)) return
  const { href } = link
  const download = client.download(href)
  busy.add(link)
  link.ariaBusy = 'true'
  const tell = (type: string, detail: unknown) =>
    link.dispatchEvent(new CustomEvent(`nearcast-${type}`, { detail, bubbles: true, cancelable: type === 'error' }))
  download.onProgress((progress) => tell('progress', progress))
  download
    .save(link.download || undefined)
    .finally(() => {
      busy.delete(link)
      link.ariaBusy = null
    })
    .then(
      () => tell('done', download.progress()),
      (error) => {
        // A link that must be signed is not followed to what is not, nor one that the visitor did not want after all.
        if (tell('error', error) && !/^(untrusted|cancelled)$/.test(error?.code)) location.assign(href)
      },
    )
}

const isPlainClick = (event: MouseEvent) =>
  event.button === 0 && !event.defaultPrevented && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey

/** @param client gives the client for a click, or undefined while the link is to stay a plain one */
export function watchLinks(client: () => Client | undefined): void {
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[data-nearcast]') : null
    if (!(link instanceof HTMLAnchorElement) || !isPlainClick(event)) return
    const found = client()
    if (!found) return
    // Whatever this throws, the link stays a link.
    downloadLink(link, found)
    event.preventDefault()
  })
}
