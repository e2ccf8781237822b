/** Starts the page: reads the list of files, remembers the switch, and keeps the drawing going while it is seen. */
import { type Catalogue, chosenFile, type DemoFile, parseCatalogue } from './catalogue.ts'
import { need, setHidden, setText } from './elements.ts'
import { createFormat } from './format.ts'
import { showNotice } from './notice.ts'
import { Page } from './page.ts'
import { type Sdk, Session } from './session.ts'

/** Numbers change faster than they can be read beyond four times a second. */
const drawMs = 250
/** Two points a second make a smooth line of 240. */
const sampleMs = 500

const sharingKey = 'nearcast-demo-sharing'

const query = new URLSearchParams(location.search)
/** Held by the tab that keeps its chunks on this device. */
const lockName = 'nearcast-demo-device'

/**
 * Tabs of one browser share one store, so a second tab would find what the first one has in place of asking for it.
 * While another tab is open this one therefore plays a new visitor, and keeps its chunks in memory.
 */
async function playsNewVisitor(): Promise<boolean> {
  if (query.get('visitor') === 'new') return true
  if (navigator.locks === undefined) return false
  return new Promise((resolve) => {
    void navigator.locks.request(lockName, { ifAvailable: true }, (lock) => {
      resolve(lock === null)
      // Held until the tab closes.
      return lock === null ? undefined : new Promise(() => {})
    })
  })
}

function readSharing(): boolean {
  try {
    return localStorage.getItem(sharingKey) !== 'off'
  } catch {
    return true
  }
}

function writeSharing(on: boolean): void {
  try {
    localStorage.setItem(sharingKey, on ? 'on' : 'off')
  } catch {
    // A browser that keeps nothing asks again at the next visit.
  }
}

async function loadCatalogue(): Promise<Catalogue> {
  const response = await fetch('/.nearcast/demo.json', { cache: 'no-cache' })
  if (!response.ok) throw new Error(`The server answered ${response.status}.`)
  const catalogue = parseCatalogue(await response.json())
  if (!catalogue) throw new Error('The server’s answer is not a list of files.')
  return catalogue
}

function start(catalogue: Catalogue, file: DemoFile, keepsOnDevice: boolean): void {
  const session = new Session(
    () => (window as typeof window & { Nearcast?: Sdk }).Nearcast,
    { sharing: readSharing(), keepsOnDevice },
    () => draw(),
  )
  const press = (pressed: DemoFile) => {
    session.press(pressed)
    // The chart begins with the press: what was verified before the next sample did not come in no time.
    session.sample(performance.now())
  }
  const page = new Page(catalogue, file, session, createFormat(document.documentElement.lang), {
    choose(chosen) {
      page.show(chosen)
      query.set('file', chosen.path)
      query.delete('auto')
      history.replaceState(null, '', `?${query}`)
      draw()
    },
    press: () => press(page.file),
    cancel: () => session.cancel(page.file),
    share(on) {
      writeSharing(on)
      session.sharing = on
    },
  })
  const draw = () => {
    if (!document.hidden) page.render(performance.now())
  }
  setInterval(() => session.sample(performance.now()), sampleMs)
  let drawing: ReturnType<typeof setInterval> | undefined
  const followVisibility = () => {
    clearInterval(drawing)
    if (document.hidden) return
    draw()
    drawing = setInterval(draw, drawMs)
  }
  document.addEventListener('visibilitychange', followVisibility)
  window.addEventListener('resize', draw)
  followVisibility()
  if (query.has('auto')) press(file)
}

async function main(): Promise<void> {
  const isNewVisitor = await playsNewVisitor()
  setHidden(need('new-visitor', HTMLElement), !isNewVisitor)
  if (isNewVisitor) setText(need('second-tab', HTMLAnchorElement), 'Open another tab')
  try {
    const catalogue = await loadCatalogue()
    if (catalogue.version !== '') setText(need('version', HTMLElement), ` · ${catalogue.version}`)
    const file = chosenFile(catalogue.files, query.get('file'))
    if (file) {
      start(catalogue, file, !isNewVisitor)
      return
    }
    document.body.dataset.state = 'empty'
    showNotice({
      title: 'There is no file here yet.',
      text: 'Start the server with a folder that holds some: npm start -- ./my-folder',
    })
  } catch (error) {
    document.body.dataset.state = 'unreachable'
    showNotice({
      title: 'The list of files did not load.',
      text: `${error instanceof Error ? error.message : String(error)} Is the server still running?`,
      retry: () => location.reload(),
    })
  }
  setHidden(need('embed', HTMLElement), true)
}

void main()
