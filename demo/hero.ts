/** The top of the page: which file, the large button, the switch for sharing. */
import { type Catalogue, type DemoFile, kindOf } from './catalogue.ts'
import { need, setHidden, setText } from './elements.ts'
import type { Format } from './format.ts'
import type { Entry } from './session.ts'
import type { ViewState } from './words.ts'

export interface HeroActions {
  choose(file: DemoFile): void
  press(): void
  cancel(): void
  share(on: boolean): void
}

/** A longer name is set smaller, or it would break over lines on every screen. */
const nameLengthMax = 18

export class Hero {
  #format: Format
  #name = need('name', HTMLElement)
  #meta = need('meta', HTMLElement)
  #primary = need('primary', HTMLButtonElement)
  #cancel = need('cancel', HTMLButtonElement)
  #secondTab = need('second-tab', HTMLAnchorElement)
  #direct = need('direct', HTMLAnchorElement)
  #sharing = need('sharing', HTMLButtonElement)
  #sharingState = need('sharing-state', HTMLElement)

  constructor(catalogue: Catalogue, format: Format, actions: HeroActions) {
    this.#format = format
    this.#primary.addEventListener('click', () => actions.press())
    this.#cancel.addEventListener('click', () => actions.cancel())
    this.#sharing.addEventListener('click', () => actions.share(this.#sharing.getAttribute('aria-checked') !== 'true'))
    this.#fillChooser(catalogue, actions)
    const cap = catalogue.egressBytesPerSecondMax
    if (cap !== null) {
      const text = `For this demonstration the server sends at most ${format.fixedRate(cap)} to all visitors together.`
      setText(need('cap', HTMLElement), text)
    }
    setHidden(need('faster', HTMLElement), cap === null)
    setHidden(need('hero', HTMLElement), false)
  }

  #fillChooser({ files }: Catalogue, actions: HeroActions): void {
    const select = need('file', HTMLSelectElement)
    for (const file of files) {
      const option = document.createElement('option')
      option.value = file.path
      option.textContent = `${file.name} (${this.#format.bytes(file.size)})`
      select.append(option)
    }
    select.addEventListener('change', () => {
      const file = files.find(({ path }) => path === select.value)
      if (file) actions.choose(file)
    })
    setHidden(need('chooser', HTMLElement), files.length < 2)
  }

  showFile(file: DemoFile): void {
    need('file', HTMLSelectElement).value = file.path
    setText(this.#name, file.name)
    this.#name.classList.toggle('long', file.name.length > nameLengthMax)
    setText(this.#meta, `${this.#format.bytes(file.size)} · ${kindOf(file.type)}`)
    this.#direct.href = file.path
    this.#direct.download = file.name
  }

  /** @param begun whether this tab downloads already: then the second one need not be asked again */
  render(state: ViewState, entry: Entry | undefined, file: DemoFile, begun: boolean): void {
    setText(this.#primary, primaryLabel(state, entry))
    this.#primary.setAttribute('aria-disabled', String(entry?.save === 'saving'))
    setHidden(this.#cancel, state !== 'starting' && state !== 'running' && state !== 'paused')
    const query = new URLSearchParams({ file: file.path, visitor: 'new' })
    if (begun) query.set('auto', '')
    const href = `?${query}`
    if (this.#secondTab.getAttribute('href') !== href) this.#secondTab.setAttribute('href', href)
  }

  renderSharing(on: boolean, note: string): void {
    this.#sharing.setAttribute('aria-checked', String(on))
    setText(this.#sharingState, note)
  }
}

function primaryLabel(state: ViewState, entry: Entry | undefined): string {
  switch (state) {
    case 'idle':
    case 'cancelled':
      return 'Download'
    case 'starting':
    case 'running':
      return 'Pause'
    case 'paused':
      return 'Resume'
    case 'failed':
      return 'Try again'
    case 'done':
      if (entry?.save === 'saving') return 'Saving…'
      return entry?.save === 'saved' ? 'Save again' : 'Save to disk'
  }
}
