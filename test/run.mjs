/**
 * `npm test`: finds a browser (or installs Debian's), then checks, builds and runs every test. Ends with one plain line,
 * `N passed, N failed`, and a non-zero exit when anything failed.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'
import { startVitest } from 'vitest/node'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

/** @param {string} packageName */
const aptArgs = (packageName) => [['update'], ['install', '-y', '--no-install-recommends', packageName]]

/** @param {string} command @param {string[]} args @returns {boolean} whether it ended well */
function run(command, args) {
  console.log(`\n> ${command} ${args.join(' ')}`)
  const { status, error } = spawnSync(command, args, {
    stdio: 'inherit',
    shell: process.platform === 'win32',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  if (error !== undefined) console.error(error.message)
  return status === 0
}

/** @returns {string} `debian`, `ubuntu`, …, or nothing where there is no such file */
function distribution() {
  try {
    return /^ID="?([\w.-]+)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? ''
  } catch {
    return '' // not a Linux system: there is nothing to install with
  }
}

/** @param {string} packageName @returns {boolean} whether Debian's package is here now */
const installed = (packageName) => aptArgs(packageName).every((args) => run('apt-get', args))

/** Without one only the tests of TURN fail, and each says what is missing. */
async function provideTurnServer() {
  const { findTurnServer, missingTurnServer } = (await runnerImport('./test/fakes/turn-server.ts')).module
  if (findTurnServer() !== undefined) return
  if (distribution() === 'debian' && process.getuid?.() === 0) {
    console.log("No coturn found: installing Debian's.")
    if (installed('coturn')) return
  }
  console.error(`\n${missingTurnServer}`)
}

/** Without one only the tests of the bus fail, and each says what is missing. */
async function provideRedis() {
  const { findRedisServer, missingRedis } = (await runnerImport('./test/fakes/redis-server.ts')).module
  if (findRedisServer() !== undefined) return
  if (distribution() === 'debian' && process.getuid?.() === 0) {
    console.log("No redis-server found: installing Debian's.")
    if (installed('redis-server')) return
  }
  console.error(`\n${missingRedis}`)
}

/** @returns {Promise<string | undefined>} what to do about a browser that is missing, if it is */
async function missingBrowser() {
  const { findChromium } = (await runnerImport('./test/browser/chromium.ts')).module
  if (findChromium() !== undefined) return undefined
  const isDebian = distribution() === 'debian'
  if (isDebian && process.getuid?.() === 0) {
    console.log("No Chrome or Chromium found: installing Debian's chromium.")
    if (installed('chromium') && findChromium() !== undefined) return undefined
  }
  const command = aptArgs('chromium')
    .map((args) => `sudo apt-get ${args.join(' ')}`)
    .join(' && ')
  return isDebian
    ? `The tests need Chromium. Install it with:\n  ${command}`
    : 'The tests need Chrome or Chromium. Install one, or name it:\n  CHROME_PATH=/path/to/chrome npm test'
}

/** @returns {Promise<{ passed: number, failed: number, skipped: number }>} */
async function runTests() {
  const vitest = await startVitest('test', [], { run: true, watch: false, reporters: ['default'] })
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const module of vitest.state.getTestModules()) {
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      // One that never came to an end (its worker died, its hook failed) has not shown anything.
      counts[state === 'pending' ? 'failed' : state]++
    }
    // A file or a suite that could not be set up fails without a test of its own.
    if (module.errors().length > 0) counts.failed++
    for (const suite of module.children.allSuites()) if (suite.errors().length > 0) counts.failed++
  }
  counts.failed += vitest.state.getUnhandledErrors().length
  await vitest.close()
  return counts
}

const counts = { passed: 0, failed: 0, skipped: 0 }

/** @param {string} what failed as a whole, and counts like a test */
function fail(what) {
  console.error(`\n${what}`)
  counts.failed++
}

const browserFault = await missingBrowser().catch((error) => String(error.message))
if (browserFault === undefined) {
  await provideTurnServer()
  await provideRedis()
  // A failed check hides no test; a failed build would make them test something old.
  const isChecked = run('npm', ['run', '--silent', 'check'])
  if (run('npm', ['run', '--silent', 'build'])) {
    const tests = await runTests()
    counts.passed += tests.passed
    counts.failed += tests.failed
    counts.skipped += tests.skipped
    if (tests.passed + tests.failed === 0) fail('No test was found.')
  } else {
    fail('The build failed, so no test was run: see above.')
  }
  if (!isChecked) fail('The check failed: see the top of this output, or run "npm run check".')
} else {
  fail(browserFault)
}

const { passed, failed, skipped } = counts
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exit(failed > 0 ? 1 : 0)
