/** Puts the parts of the page together and draws them from one picture of the session. Owns no state but the file shown. */
import type { ChunkMap, DownloadProgress } from '../client/api.ts'
import type { Catalogue, DemoFile } from './catalogue.ts'
import { ChunkMapView } from './chunk-map.ts'
import { copyOnClick, need, setHidden, setText } from './elements.ts'
import type { Format } from './format.ts'
import { Hero, type HeroActions } from './hero.ts'
import { hideNotice, showNotice } from './notice.ts'
import { PeerTable } from './peer-table.ts'
import { ProgressPanel } from './progress-panel.ts'
import type { Session } from './session.ts'
import { SourceTiles } from './source-tiles.ts'
import { SpeedChart } from './speed-chart.ts'
import { errorTitle, isPlain, type Situation, sharingNote, visitors } from './words.ts'

const productName = 'Nearcast'

export class Page {
  #format: Format
  #session: Session
  #hero: Hero
  #progress: ProgressPanel
  #map: ChunkMapView
  #speed: SpeedChart
  #peers: PeerTable
  #file: DemoFile

  constructor(catalogue: Catalogue, file: DemoFile, session: Session, format: Format, actions: HeroActions) {
    this.#format = format
    this.#session = session
    this.#file = file
    const tiles = new SourceTiles()
    this.#hero = new Hero(catalogue, format, actions)
    this.#progress = new ProgressPanel(format)
    this.#map = new ChunkMapView(
      {
        canvas: need('map', HTMLCanvasElement),
        legend: need('map-legend', HTMLElement),
        readout: need('map-readout', HTMLElement),
      },
      tiles,
      format,
    )
    this.#speed = new SpeedChart(
      {
        canvas: need('speed', HTMLCanvasElement),
        peers: need('rate-peers', HTMLElement),
        origin: need('rate-origin', HTMLElement),
        uploaded: need('rate-uploaded', HTMLElement),
        span: need('speed-span', HTMLElement),
      },
      tiles,
      format,
      catalogue.egressBytesPerSecondMax ?? 0,
    )
    this.#peers = new PeerTable(need('peers', HTMLElement), tiles, format)
    copyOnClick(need('copy-root', HTMLButtonElement), need('root', HTMLElement))
    copyOnClick(need('copy-snippet', HTMLButtonElement), need('snippet', HTMLElement))
    setHidden(need('embed', HTMLElement), false)
    this.show(file)
  }

  get file(): DemoFile {
    return this.#file
  }

  show(file: DemoFile): void {
    this.#file = file
    this.#hero.showFile(file)
    setText(need('snippet', HTMLElement), snippetFor(file))
  }

  /** @param nowMs on the clock that the session's samples are taken with */
  render(nowMs: number): void {
    const state = this.#session.stateOf(this.#file)
    const entry = this.#session.entry(this.#file)
    const progress = entry?.download?.progress()
    const situation: Situation = {
      state,
      progress,
      stats: this.#session.stats(),
      sharing: this.#session.sharing,
      keepsOnDevice: this.#session.keepsOnDevice,
      originBytesPerSecond: this.#session.series.latest().origin,
    }
    document.body.dataset.state = state
    this.#hero.render(state, entry, this.#file, this.#session.begun)
    this.#hero.renderSharing(situation.sharing, sharingNote(situation, this.#format))
    setHidden(need('steps', HTMLElement), entry?.download !== undefined)
    setHidden(need('live', HTMLElement), entry?.download === undefined)
    if (entry?.failure) {
      const { code, message } = entry.failure
      showNotice({ title: `${errorTitle(code)}.`, text: message, code })
    } else {
      hideNotice()
    }
    document.title = this.#title(situation)
    if (entry?.download && progress) this.#renderLive(situation, progress, entry.download.chunkMap(), nowMs)
  }

  #renderLive(situation: Situation, progress: DownloadProgress, map: ChunkMap, nowMs: number): void {
    this.#progress.render(situation, progress, nowMs)
    const hasMap = map.chunks.length > 0 && !isPlain(progress)
    setHidden(need('map-card', HTMLElement), !hasMap)
    if (hasMap) {
      const count = this.#format.count(map.chunks.length)
      const size = progress.chunkBytes === undefined ? '' : ` of ${this.#format.fixedBytes(progress.chunkBytes)}`
      setText(need('map-note', HTMLElement), `${count}${size} each, by who sent them`)
      this.#map.draw(map)
    }
    this.#speed.draw(this.#session.series)
    const peers = situation.stats?.peers ?? []
    setText(need('peers-note', HTMLElement), peers.length === 0 ? '' : visitors(peers.length, this.#format))
    this.#peers.draw(peers, map.sources, emptyPeers(situation))
    this.#renderProof(progress, map, hasMap)
  }

  #renderProof(progress: DownloadProgress, map: ChunkMap, hasMap: boolean): void {
    setHidden(need('proof-card', HTMLElement), !hasMap)
    if (!hasMap) return
    setText(need('root', HTMLElement), progress.root ?? '')
    const { count } = this.#format
    let here = 0
    for (const source of map.chunks) if (source !== 0) here++
    const note = `${count(here)} of ${count(map.chunks.length)} chunks verified with SHA-256`
    setText(need('proof-note', HTMLElement), note)
  }

  #title({ state, progress }: Situation): string {
    const name = `${this.#file.name} · ${productName}`
    if (!progress || state === 'done' || !progress.totalBytes) return name
    return `${this.#format.percent(progress.doneBytes / progress.totalBytes)} ${name}`
  }
}

function emptyPeers(situation: Situation): string {
  if (!situation.sharing) return 'Sharing is off: this tab is connected to no other visitor.'
  if (isPlain(situation.progress)) return 'Without a manifest nothing is taken from other visitors.'
  if (situation.stats?.tracker === 'waiting') return 'The tracker cannot be reached just now. It is tried again.'
  return 'Nobody else is here yet. Open a second tab, or this page on another device.'
}

const snippetFor = (file: DemoFile): string =>
  `<script src="/.nearcast/nearcast.js" data-tracker="auto" data-consent="granted" defer></script>\n\n<a href="${file.path.replaceAll('"', '%22')}" data-nearcast download>Download</a>`
