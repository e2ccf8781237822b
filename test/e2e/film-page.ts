/** A page that plays a film with the real hls.js and Nearcast's loader, and what it sees of it. Knows no test. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type HlsClass from 'hls.js'
import type { ErrorData, FragmentLoaderContext, Loader, LoaderStats } from 'hls.js'
import type { Page } from 'playwright-core'
import type { nearcastHls } from '../../client/page/hls.ts'
import { repository } from '../house/modules.ts'
import type { TempFolder } from './harness.ts'
import { pageOf, tag } from './worker-page.ts'

export interface LoadedFragment {
  path: string
  level: number
  bytes: number
  sha256: string
  /** As hls.js keeps them. */
  loadingMs: number
}

interface FilmWindow {
  Hls: typeof HlsClass
  NearcastHls: { nearcastHls: typeof nearcastHls }
  hls: HlsClass
  loaded: LoadedFragment[]
  errors: { details: string; fatal: boolean; code: number | undefined }[]
  stalls: number
}

/** Everything in a page of the test's is untyped there. */
export type PlayerWindow = Window & FilmWindow

/** Puts the page, `/watch.html`, and hls.js beside the files. */
export function writeFilmPage({ write }: Pick<TempFolder, 'write'>): void {
  write('lib/hls.js', readFileSync(join(repository, 'node_modules/hls.js/dist/hls.min.js')))
  const scripts = '<script src="/lib/hls.js"></script><script src="/.nearcast/hls.js"></script>'
  write('watch.html', pageOf(`${tag('data-consent="granted"')}${scripts}<video muted playsinline></video>`))
}

/** Begins to play. @param config beside Nearcast's */
export async function watch(page: Page, url: string, config: Record<string, number> = {}): Promise<void> {
  await page.evaluate(
    async ([url, config]) => {
      const film = window as unknown as PlayerWindow
      const client = film.Nearcast.tagClient()
      await client.ready
      const { fLoader: Ours } = film.NearcastHls.nearcastHls(client)
      const note = async ({ frag, stats }: FragmentLoaderContext & { stats: LoaderStats }, data: ArrayBuffer) => {
        const { start, end } = stats.loading
        const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', data))
        const sha256 = [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('')
        const path = new URL(frag.url!).pathname
        film.loaded.push({ path, level: frag.level, bytes: data.byteLength, sha256, loadingMs: end - start })
      }
      /** What hls.js is given is noted before it passes it on. */
      class Noting extends Ours {
        override load(...[context, config, callbacks]: Parameters<Loader<FragmentLoaderContext>['load']>): void {
          const onSuccess: typeof callbacks.onSuccess = (response, stats, ...rest) => {
            void note({ ...context, stats }, (response.data as ArrayBuffer).slice(0))
            callbacks.onSuccess(response, stats, ...rest)
          }
          super.load(context, config, { ...callbacks, onSuccess })
        }
      }
      const hls = new film.Hls({ ...config, fLoader: Noting })
      Object.assign(film, { hls, loaded: [], errors: [], stalls: 0 })
      hls.on(film.Hls.Events.ERROR, (_, { details, fatal, response }: ErrorData) => {
        film.errors.push({ details, fatal, code: response?.code })
      })
      const video = document.querySelector('video')!
      video.addEventListener('waiting', () => video.currentTime > 0 && film.stalls++)
      hls.loadSource(url)
      hls.attachMedia(video)
      await video.play()
    },
    [url, config] as const,
  )
}

export const loadedOf = (page: Page): Promise<LoadedFragment[]> =>
  page.evaluate(() => (window as unknown as PlayerWindow).loaded)

export const errorsOf = (page: Page) => page.evaluate(() => (window as unknown as PlayerWindow).errors)

/** Plays on, faster than in life, until the end. */
export async function untilOver(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const video = document.querySelector('video')!
    video.playbackRate = 4
    if (!video.ended) await new Promise((resolve) => video.addEventListener('ended', resolve, { once: true }))
  })
}

/** Goes to a time, and sees the film go on from there. */
export async function seekTo(page: Page, seconds: number): Promise<void> {
  await page.evaluate(async (seconds) => {
    const video = document.querySelector('video')!
    const seeked = new Promise((resolve) => video.addEventListener('seeked', resolve, { once: true }))
    video.currentTime = seconds
    await seeked
    await video.play()
    while (video.currentTime < seconds + 0.3) await new Promise((resolve) => setTimeout(resolve, 20))
  }, seconds)
}
