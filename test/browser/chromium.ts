/** Finds and starts the machine's Chrome or Chromium. Knows nothing of what runs in it. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'

const commandNames = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome']

const fixedPlaces = [
  '/usr/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

const flags = [
  '--no-sandbox', // containers and root have no user namespaces for it
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage', // containers have 64 MiB of /dev/shm; a page that moves 100 MiB dies of it
  '--disable-background-timer-throttling', // several pages are one test: none of them is in front
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
]

/** `CHROME_PATH` if it is set, otherwise the first one installed. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env.CHROME_PATH
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named
    throw new Error(`CHROME_PATH is ${named}, which is not an executable file`)
  }
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const candidates = [...commandNames.flatMap((name) => folders.map((folder) => join(folder, name))), ...fixedPlaces]
  return candidates.find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false // absent or not ours to run: the next place is tried
  }
}

const options = (extraFlags: readonly string[]) => ({
  executablePath: installedChromium(),
  headless: true,
  args: [...flags, ...extraFlags],
})

function installedChromium(): string {
  const path = findChromium()
  if (path !== undefined) return path
  throw new Error('no Chrome or Chromium found: install one (Debian: apt-get install chromium) or set CHROME_PATH')
}

/**
 * Each of its contexts is a visitor of its own, with storage in memory.
 * @param extraFlags command-line switches beyond those that every run needs
 */
export async function launchChromium(extraFlags: readonly string[] = []): Promise<Browser> {
  return chromium.launch(options(extraFlags))
}

/** One visitor whose storage is on disk, in this folder. */
export async function launchChromiumOnDisk(
  folder: string,
  extraFlags: readonly string[] = [],
): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, options(extraFlags))
}
