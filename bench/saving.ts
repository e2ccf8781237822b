/**
 * What a large file costs in memory while Chromium saves it: all of its processes, over what they have when the page is
 * idle. The visitor's choice of a place is stood in for by a file of the page's own folder, which is on disk as well. Run
 * by bench/saving.mjs; `--mib n` changes how large the file is, `--write` keeps the result.
 */
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { launchChromiumOnDisk } from '../test/browser/chromium.ts'
import { ask, startServer } from '../test/e2e/harness.ts'
import type { Verdicts } from './aims.ts'
import { cpuSecondsByProcess } from './cpu-time.ts'
import { writeResult } from './result.ts'

const MiB = 1024 * 1024
const overIdleMibMax = 200
const lookEveryMs = 500

/** What the processes hold alone, and their share of what they hold together; none where there is no /proc. */
function heldMib(pids: Iterable<number>): number {
  let kib = 0
  for (const pid of pids) {
    try {
      kib += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
    } catch {} // it ended meanwhile
  }
  return kib / 1024
}

/** Bytes by arithmetic, no two chunks alike. */
function writeFile(path: string, mib: number): void {
  const words = new Uint32Array(MiB / 4)
  const file = openSync(path, 'w')
  for (let i = 0; i < mib; i++) {
    for (let at = 0, word = i + 1; at < words.length; at++) {
      word = Math.imul(word ^ (word >>> 15), 2246822519) + at
      words[at] = word
    }
    writeSync(file, words)
  }
  closeSync(file)
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { mib: { type: 'string', default: '1024' }, write: { type: 'boolean' } },
  })
  const mib = Number(values.mib)
  const folder = mkdtempSync(join(tmpdir(), 'nearcast-bench-saving-'))
  const site = join(folder, 'site')
  const profile = join(folder, 'profile')
  mkdirSync(site)
  writeFile(join(site, 'large.iso'), mib)
  const tag = '<script src="/.nearcast/nearcast.js" data-consent="granted" defer></script>'
  writeFileSync(join(site, 'index.html'), `<!doctype html><link rel="icon" href="data:,">${tag}`)
  const server = await startServer([site])
  const before = new Set(cpuSecondsByProcess().keys())
  const context = await launchChromiumOnDisk(profile)
  try {
    while ((await ask(server, '/large.iso.nearcast.json')).status !== 200);
    const page = await context.newPage()
    await page.goto(server.url)
    await page.evaluate(async () => {
      Object.assign(window, {
        showSaveFilePicker: async ({ suggestedName }: { suggestedName: string }) =>
          (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true }),
      })
      await window.Nearcast.tagClient().ready
    })
    await page.waitForTimeout(5_000)
    const held = () => heldMib([...cpuSecondsByProcess().keys()].filter((pid) => !before.has(pid)))
    const idleMib = held()
    const beganAt = performance.now()
    let isOver = false
    const saving = page
      .evaluate(async () => {
        const download = window.Nearcast.tagClient().download('/large.iso')
        await download.save()
        return download.progress()
      })
      .finally(() => {
        isOver = true
      })
    const looks: number[] = []
    while (!isOver) {
      looks.push(held() - idleMib)
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
    }
    const { state, savedBytes } = await saving
    const seconds = (performance.now() - beganAt) / 1000
    if (state !== 'done' || savedBytes !== mib * MiB) throw new Error(`the file was not saved: ${state}`)
    const sorted = looks.sort((a, b) => a - b)
    const [p50, max] = [sorted[sorted.length >> 1]!, sorted.at(-1)!].map(Math.round) as [number, number]
    const speed = Math.round(mib / seconds)
    const measured = `${max} MiB at most, ${p50} at the median, of ${mib} MiB at ${speed} MiB/s`
    const verdicts: Verdicts = { 'saving-memory': { measured, isReached: max <= overIdleMibMax } }
    console.log(`idle ${Math.round(idleMib)} MiB; over idle ${measured}`)
    const details = [
      '| file | idle | over idle, median | over idle, most | speed |',
      '| --- | --- | --- | --- | --- |',
      `| ${mib} MiB | ${Math.round(idleMib)} MiB | ${p50} MiB | ${max} MiB | ${speed} MiB/s |`,
    ]
    if (values.write) writeResult('saving', { verdicts, details, figures: { mib, idleMib, looks, seconds } })
  } finally {
    await context.close()
    await server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}
