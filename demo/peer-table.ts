/** The table of peers: one row each, kept in place as long as the peer stays. */
import type { ChunkMap, PeerStats } from '../client/api.ts'
import { drawSwatch } from './chunk-map.ts'
import { setText } from './elements.ts'
import type { Format } from './format.ts'
import type { SourceTiles } from './source-tiles.ts'
import { letterOf } from './sources.ts'
import { tierWords } from './words.ts'

const columns = ['Visitor', 'State', 'How near', 'Round trip', 'Receiving', 'Sending', 'Received', 'Sent'] as const

/** Beyond this many rows the rest is only counted. */
const rowsMax = 12
/** Enough of an id to tell two peers apart by eye. */
const idShownLength = 6

export class PeerTable {
  #box: HTMLElement
  #tiles: SourceTiles
  #format: Format
  #body: HTMLTableSectionElement
  #table: HTMLTableElement
  #empty: HTMLParagraphElement
  #more: HTMLParagraphElement
  #rows = new Map<string, HTMLTableRowElement>()

  constructor(box: HTMLElement, tiles: SourceTiles, format: Format) {
    this.#box = box
    this.#tiles = tiles
    this.#format = format
    this.#table = document.createElement('table')
    this.#table.className = 'peers'
    // Laid out as blocks on a phone, a table keeps its meaning only by explicit roles.
    this.#table.setAttribute('role', 'table')
    this.#table.setAttribute('aria-labelledby', 'peers-title')
    const head = this.#table.createTHead()
    head.setAttribute('role', 'rowgroup')
    const row = head.insertRow()
    row.setAttribute('role', 'row')
    for (const column of columns) {
      const cell = document.createElement('th')
      cell.setAttribute('role', 'columnheader')
      cell.scope = 'col'
      cell.textContent = column
      row.append(cell)
    }
    this.#body = this.#table.createTBody()
    this.#body.setAttribute('role', 'rowgroup')
    this.#empty = document.createElement('p')
    this.#empty.className = 'empty'
    this.#more = document.createElement('p')
    this.#more.className = 'empty'
    this.#box.append(this.#empty, this.#table, this.#more)
  }

  /** @param emptyText what to say when there is no peer */
  draw(peers: readonly PeerStats[], sources: ChunkMap['sources'], emptyText: string): void {
    const sourceById = new Map<string, number>(sources.map((id, source) => [id, source]))
    const sourceOf = (peer: PeerStats) => sourceById.get(peer.id)
    const sorted = peers.toSorted(
      (a, b) =>
        (sourceOf(a) ?? Number.MAX_SAFE_INTEGER) - (sourceOf(b) ?? Number.MAX_SAFE_INTEGER) || (a.id < b.id ? -1 : 1),
    )
    const shown = sorted.slice(0, rowsMax)
    const ids = new Set(shown.map((peer) => peer.id))
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue
      row.remove()
      this.#rows.delete(id)
    }
    shown.forEach((peer, index) => {
      const row = this.#rows.get(peer.id) ?? this.#createRow(peer.id)
      if (this.#body.children[index] !== row) this.#body.insertBefore(row, this.#body.children[index] ?? null)
      this.#fill(row, peer, sourceOf(peer))
    })
    this.#table.hidden = peers.length === 0
    this.#empty.hidden = peers.length > 0
    this.#more.hidden = peers.length <= rowsMax
    setText(this.#empty, emptyText)
    setText(this.#more, `and ${this.#format.count(peers.length - shown.length)} more`)
  }

  #createRow(id: string): HTMLTableRowElement {
    const row = document.createElement('tr')
    row.setAttribute('role', 'row')
    for (const column of columns) {
      const cell = row.insertCell()
      cell.setAttribute('role', 'cell')
      cell.dataset.label = column
    }
    const first = row.cells[0]!
    const name = document.createElement('strong')
    const shortId = document.createElement('code')
    shortId.textContent = id.slice(0, idShownLength)
    shortId.title = id
    first.append(document.createElement('canvas'), name, shortId)
    this.#rows.set(id, row)
    return row
  }

  #fill(row: HTMLTableRowElement, peer: PeerStats, source: number | undefined): void {
    const [swatch, name] = row.cells[0]!.children
    if (swatch instanceof HTMLCanvasElement) drawSwatch(swatch, source, this.#tiles)
    setText(name!, source === undefined ? '' : letterOf(source))
    const { bytes, rate, milliseconds } = this.#format
    const connected = peer.state === 'open' ? 'Connected' : 'Connecting'
    const texts = [
      peer.refused > 0 ? `${connected}, ${bytes(peer.refused)} refused` : connected,
      tierWords[peer.tier],
      peer.roundTripMs === undefined ? '–' : milliseconds(peer.roundTripMs),
      peer.downBytesPerSecond > 0 ? rate(peer.downBytesPerSecond) : '–',
      peer.upBytesPerSecond > 0 ? rate(peer.upBytesPerSecond) : '–',
      bytes(peer.downloaded),
      bytes(peer.uploaded),
    ]
    texts.forEach((text, index) => {
      setText(row.cells[index + 1]!, text)
    })
  }
}
