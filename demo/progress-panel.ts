/** How far the download is: the figures, the bar, the sentence, the totals, and what a screen reader is told of them. */
import type { DownloadProgress } from '../client/api.ts'
import { Announcements } from './announcements.ts'
import { need, setHidden, setText } from './elements.ts'
import type { Format } from './format.ts'
import { facts, isPlain, offloadNote, type Situation, sentence, sentenceMore } from './words.ts'

export class ProgressPanel {
  #format: Format
  #announcements = new Announcements()
  #announcer = need('announcer', HTMLElement)
  #percent = need('percent', HTMLElement)
  #facts = need('facts', HTMLElement)
  #offload = need('offload', HTMLElement)
  #offloadNote = need('offload-note', HTMLElement)
  #bar = need('bar', HTMLElement)
  #sentence = need('sentence', HTMLElement)
  #sentenceMore = need('sentence-more', HTMLElement)

  constructor(format: Format) {
    this.#format = format
  }

  render(situation: Situation, progress: DownloadProgress, nowMs: number): void {
    const { totalBytes, doneBytes, bytes, state } = progress
    const fraction = state === 'done' ? 1 : totalBytes ? doneBytes / totalBytes : 0
    const percent = totalBytes === undefined && state !== 'done' ? '' : this.#format.percent(fraction)
    setText(this.#percent, percent || this.#format.bytes(doneBytes))
    setText(this.#facts, facts(progress, this.#format))
    setText(this.#offload, this.#format.bytes(bytes.peers))
    this.#offload.classList.toggle('none', bytes.peers === 0)
    setText(this.#offloadNote, offloadNote(progress, this.#format))
    this.#renderBar(progress, fraction, percent)
    const said = sentence(situation, this.#format)
    const more = sentenceMore(situation, this.#format)
    setText(this.#sentence, said)
    setText(this.#sentenceMore, more)
    setHidden(this.#sentenceMore, more === '')
    this.#renderTotals(situation, progress)
    if (this.#announcements.isDue(nowMs, `${progress.name}/${state}`, fraction)) {
      setText(this.#announcer, `${percent} ${said}`.trim())
    }
  }

  #renderBar({ bytes, doneBytes, totalBytes }: DownloadProgress, fraction: number, percent: string): void {
    const counted = bytes.peers + bytes.origin + bytes.store
    // Widths follow what is here, also where the sources' sum runs a little ahead of it or behind.
    const scale = counted > 0 ? fraction / counted : 0
    for (const source of ['store', 'origin', 'peers'] as const) {
      need(`bar-${source}`, HTMLElement).style.flexGrow = String(bytes[source] * scale)
    }
    need('bar-rest', HTMLElement).style.flexGrow = String(counted > 0 ? 1 - fraction : 1)
    const isKnown = percent !== ''
    if (isKnown) this.#bar.setAttribute('aria-valuenow', String(Math.floor(fraction * 100)))
    else this.#bar.removeAttribute('aria-valuenow')
    const total = totalBytes === undefined ? '' : ` of ${this.#format.bytes(totalBytes)}`
    this.#bar.setAttribute('aria-valuetext', `${percent} ${this.#format.bytes(doneBytes)}${total}`.trim())
  }

  #renderTotals({ stats }: Situation, progress: DownloadProgress): void {
    const { bytes } = this.#format
    setText(need('from-peers', HTMLElement), bytes(progress.bytes.peers))
    // A plain download is the server's, whether or not its bytes are counted as verified.
    const counted = progress.bytes.peers + progress.bytes.origin + progress.bytes.store
    const origin = isPlain(progress) && counted === 0 ? progress.doneBytes : progress.bytes.origin
    setText(need('from-origin', HTMLElement), bytes(origin))
    setText(need('from-store', HTMLElement), bytes(progress.bytes.store))
    setText(need('uploaded', HTMLElement), bytes(stats?.bytes.uploaded ?? 0))
  }
}
