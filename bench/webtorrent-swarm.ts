/**
 * WebTorrent as a contender: its browser bundle and its tracker as they are shipped, with their own defaults for
 * pieces, storage (the origin's private file system) and everything else.
 */
import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { openTab, type Tab } from '../test/e2e/harness.ts'
import {
  type Contender,
  type Outcome,
  outcomeOf,
  readCounters,
  readCountersSince,
  refuseWrongBytes,
  type Span,
  type Task,
} from './contender.ts'
import { filePath, forkHelper, type Stage } from './stage.ts'
import { webTorrentModules } from './webtorrent-packages.ts'

/** What is used of the bundle. */
interface WebTorrentClient {
  seed(file: File, options: object, ready: (torrent: Torrent) => void): Torrent
  add(torrentFile: Uint8Array, options: object): Torrent
  on(event: 'error', listener: (error: Error) => void): void
}

interface Torrent {
  torrentFile: Uint8Array
  files: { blob(): Promise<Blob> }[]
  on(event: 'done' | 'trackerAnnounce', listener: () => void): void
}

declare global {
  interface Window {
    WebTorrent: new (options: object) => WebTorrentClient
    torrent: Torrent
  }
}

const pageName = 'webtorrent.html'
const bundleName = 'webtorrent.min.js'

const page = `<!doctype html><title>A site</title><link rel="icon" href="data:,">
<script type="module">import WebTorrent from './${bundleName}'; window.WebTorrent = WebTorrent</script>`

/** What its pages need beside the file. */
export function webTorrentFiles(): Record<string, string | Uint8Array> {
  return { [pageName]: page, [bundleName]: readFileSync(new URL(`webtorrent/dist/${bundleName}`, webTorrentModules)) }
}

/** What the tracker's process makes a torrent of. */
const torrentOrder = (task: Task, stage: Stage) => ({
  path: stage.file.path,
  name: filePath.slice(1),
  urlList: task.isOriginUsed ? [`${stage.originUrl}${filePath}`] : [],
})

/** No STUN or TURN: all is on this machine, and neither contender should wait for an answer. */
const clientOptions = (task: Task) => ({
  tracker: { rtcConfig: { iceServers: [] } },
  ...(task.uplinkBytesPerSecondMax && { uploadLimit: task.uplinkBytesPerSecondMax }),
})

/** Fulfilled when the tab has the file and the tracker knows of it. @returns the torrent's own file */
function seed(tab: Page, task: Task, trackerUrl: string): Promise<number[]> {
  return tab.evaluate(
    async ({ options, trackerUrl, path }) => {
      const file = new File([await (await fetch(path)).blob()], path.slice(1))
      const client = new window.WebTorrent(options)
      return new Promise<number[]>((resolve, reject) => {
        client.on('error', reject)
        const torrent = client.seed(file, { announce: [trackerUrl] }, () => {})
        torrent.on('trackerAnnounce', () => resolve([...torrent.torrentFile]))
      })
    },
    { options: clientOptions(task), trackerUrl, path: filePath },
  )
}

function download(tab: Page, task: Task, torrentFile: number[]): Promise<Span> {
  return tab.evaluate(
    async ({ options, torrentFile }) => {
      const bytes = new Uint8Array(torrentFile)
      const startedMs = performance.timeOrigin + performance.now()
      const client = new window.WebTorrent(options)
      return new Promise<{ startedMs: number; endedMs: number }>((resolve, reject) => {
        client.on('error', reject)
        window.torrent = client.add(bytes, {})
        window.torrent.on('done', () => resolve({ startedMs, endedMs: performance.timeOrigin + performance.now() }))
      })
    },
    { options: clientOptions(task), torrentFile },
  )
}

function hashOf(tab: Page): Promise<string> {
  return tab.evaluate(async () => {
    const bytes = await (await window.torrent.files[0]!.blob()).arrayBuffer()
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  })
}

async function run(browser: Browser, task: Task, stage: Stage): Promise<Outcome> {
  const tracker = await forkHelper(new URL('webtorrent/tracker.mjs', import.meta.url))
  const trackerUrl = `ws://localhost:${tracker.port}`
  const tabs: Tab[] = []
  const open = async (url: string) => {
    const tab = await openTab(browser, `${url}/${pageName}`)
    tabs.push(tab)
    await tab.page.waitForFunction(() => 'WebTorrent' in window)
    return tab.page
  }
  try {
    const torrentFile = task.isSeeded
      ? await seed(await open(stage.wideUrl), task, trackerUrl)
      : ((await tracker.ask(torrentOrder(task, stage))) as number[])
    const downloaders: Page[] = []
    while (downloaders.length < task.downloaderCount) downloaders.push(await open(stage.originUrl))
    const before = await readCounters(stage)
    const spans = await Promise.all(downloaders.map((tab) => download(tab, task, torrentFile)))
    const counted = await readCountersSince(stage, before)
    for (const tab of downloaders) refuseWrongBytes('webtorrent', await hashOf(tab), stage.file.sha256)
    // A piece counts for it once it is stored.
    return outcomeOf(spans, Number.NEGATIVE_INFINITY, counted)
  } finally {
    await Promise.all(tabs.map((tab) => tab.close()))
    tracker.close()
  }
}

export const webTorrent: Contender = { name: 'webtorrent', run }
