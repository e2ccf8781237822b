/**
 * How fast Chromium keeps chunks in IndexedDB, on disk: chunks a transaction, sizes and kinds of value.
 * Run by bench/store.mjs; `--mib n` changes how much, `--rounds n` how often (medians are printed).
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { launchChromiumOnDisk } from '../test/browser/chromium.ts'
import { bundleForPage } from '../test/browser/page-bundle.ts'
import { servePage } from '../test/browser/page-server.ts'
import { median } from './median.ts'
import type * as StorePage from './store-page.ts'

declare const Bench: typeof StorePage

const KiB = 1024

const shapes: [as: StorePage.StorePlan['as'], valueKiB: number, valuesPerTransaction: number][] = [
  ['buffer', 64, 1],
  ['buffer', 64, 8],
  ['buffer', 64, 32],
  ['buffer', 64, 128],
  ['bytes', 64, 32],
  ['blob', 64, 32],
  ['buffer', 16, 128],
  ['buffer', 32, 64],
  ['buffer', 60, 32],
  ['buffer', 256, 8],
  ['buffer', 1024, 1],
  ['buffer', 1024, 4],
]

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { mib: { type: 'string', default: '32' }, rounds: { type: 'string', default: '3' } },
  })
  const script = await bundleForPage(new URL('store-page.ts', import.meta.url).pathname, 'Bench')
  const server = await servePage(script)
  const folder = await mkdtemp(join(tmpdir(), 'nearcast-bench-'))
  const context = await launchChromiumOnDisk(folder)
  try {
    const page = await context.newPage()
    await page.goto(server.origin)
    const figures = shapes.map(() => ({ write: [] as number[], read: [] as number[] }))
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const [i, [as, valueKiB, valuesPerTransaction]] of shapes.entries()) {
        const valueBytes = valueKiB * KiB
        const totalBytes = Math.floor((Number(values.mib) * KiB * KiB) / valueBytes) * valueBytes
        const plan = { totalBytes, valueBytes, valuesPerTransaction, as }
        const { write, read } = await page.evaluate((plan) => Bench.measure(plan), plan)
        figures[i]!.write.push(write)
        figures[i]!.read.push(read)
      }
    }
    for (const [i, [as, valueKiB, count]] of shapes.entries()) {
      const write = median(figures[i]!.write).toFixed(0).padStart(4)
      const read = median(figures[i]!.read).toFixed(0).padStart(4)
      console.log(
        `${as.padEnd(6)} of ${`${valueKiB}`.padStart(4)} KiB × ${`${count}`.padStart(3)}: write ${write} MiB/s, read ${read} MiB/s`,
      )
    }
  } finally {
    await context.close()
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
}
