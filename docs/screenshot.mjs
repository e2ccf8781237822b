/**
 * Takes the picture of the demo page for the README: `node docs/screenshot.mjs [url] [output]`. The server must be
 * running (`npm start`). Lets two visitors download the file, and takes the page of a third one midway.
 */
import { accessSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const [url = 'http://localhost:8080', output = fileURLToPath(new URL('page.png', import.meta.url))] =
  process.argv.slice(2)

const places = [process.env.CHROME_PATH, '/usr/bin/chromium', '/usr/bin/google-chrome']
const executablePath = places.find((place) => {
  try {
    accessSync(place)
    return true
  } catch {
    return false
  }
})
if (executablePath === undefined) {
  console.error('no Chrome or Chromium found: install one (Debian: apt-get install chromium) or set CHROME_PATH')
  process.exit(1)
}

/** How long the server's thin line may take for a whole file. */
const waitMs = 300_000

/** The figures on the page that say whether this is the moment. */
const figuresOf = () => {
  const text = (id) => document.getElementById(id)?.textContent ?? ''
  return {
    state: document.body.dataset.state,
    percent: Number.parseInt(text('percent'), 10) || 0,
    peersShare: Number(document.getElementById('bar-peers')?.style.flexGrow ?? 0),
    notice: text('notice-title'),
  }
}

const browser = await chromium.launch({
  executablePath,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-dev-shm-usage',
    '--disable-background-timer-throttling',
    '--disable-backgrounding-occluded-windows',
    '--disable-renderer-backgrounding',
  ],
})

/** The picture ends below the chart: a README needs no table. */
async function takePicture(page) {
  const card = await page.locator('section', { has: page.locator('#speed') }).boundingBox()
  const height = Math.ceil(card.y + card.height) + 32
  await page.screenshot({ path: output, clip: { x: 0, y: 0, width: 1280, height }, animations: 'disabled' })
}

/** A visitor of its own: a context shares no storage with another. */
async function visit() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 1800 }, colorScheme: 'light' })
  const page = await context.newPage()
  await page.goto(url)
  await page.getByRole('button', { name: 'Download', exact: true }).click()
  return page
}

/** Asks for the figures until they are what is wanted; @returns the last ones */
async function until(page, isThere) {
  const endMs = Date.now() + waitMs
  for (;;) {
    const figures = await page.evaluate(figuresOf)
    if (isThere(figures) || figures.state === 'failed' || Date.now() > endMs) return figures
    await page.waitForTimeout(50)
  }
}

try {
  for (const name of ['first', 'second']) {
    const { state, notice } = await until(await visit(), (figures) => figures.state === 'done')
    if (state !== 'done') throw new Error(`the ${name} visitor did not finish: ${notice || state}`)
  }
  const third = await visit()
  const midway = await until(third, ({ state, percent, peersShare }) => {
    return state === 'done' || (percent >= 55 && peersShare > 0)
  })
  if (midway.state !== 'running') {
    throw new Error(`the third visitor was never seen midway: ${midway.notice || midway.state}`)
  }
  await takePicture(third)
  console.log(`${output}: ${midway.percent}% done, ${Math.round(midway.peersShare * 100)}% of the file from visitors`)
} finally {
  await browser.close()
}
