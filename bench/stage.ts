/**
 * What a swarm stands on while it is measured: a site with one file, its server and tracker without any cap, and a
 * second origin of the same files whose egress is capped and counted. Knows nothing of who downloads.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { KiB } from '../shared/limits.ts'
import { createTempFolder, type GeneratedFile, startServer } from '../test/e2e/harness.ts'
import { sitePage } from '../test/e2e/visitor.ts'

export const filePath = '/file.bin'

/** For an origin that is to bring the manifest and next to nothing of the file. */
export const thinBytesPerSecond = 256 * KiB

export interface StageOptions {
  fileBytes: number
  /** The most that the counted origin sends, in all. */
  originBytesPerSecondMax: number
  /** Put beside the file, by name. */
  extraFiles?: Record<string, string | Uint8Array>
}

export interface Stage {
  file: GeneratedFile
  /** The server without a cap, as `http://localhost:1`. */
  wideUrl: string
  trackerUrl: string
  /** The capped origin. */
  originUrl: string
  /** Bytes of the file that the capped origin has sent so far. */
  originBytes(): Promise<number>
  close(): Promise<void>
}

/** A process of ours that tells its port first. */
export interface Helper {
  port: number
  ask(question: object): Promise<unknown>
  close(): void
}

/** @param script its URL; it must end when this process disconnects */
export async function forkHelper(script: URL, args: readonly string[] = []): Promise<Helper> {
  const child = fork(fileURLToPath(script), args)
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${script.pathname} ended with ${code}`)
  })
  // It may end when nobody asks it anything any more.
  ended.catch(() => {})
  const next = async () => (await Promise.race([once(child, 'message'), ended]))[0] as unknown
  const port = (await next()) as number
  return {
    port,
    ask(question) {
      child.send(question)
      return next()
    },
    close: () => child.disconnect(),
  }
}

export async function openStage(options: StageOptions): Promise<Stage> {
  const folder = createTempFolder()
  const hashes = createTempFolder()
  folder.write('index.html', sitePage)
  for (const [name, content] of Object.entries(options.extraFiles ?? {})) folder.write(name, content)
  const file = folder.generate(filePath.slice(1), options.fileBytes)
  const originScript = new URL('capped-origin.mjs', import.meta.url)
  const originArgs = [folder.path, hashes.path, `${options.originBytesPerSecondMax}`]
  const [origin, wide] = await Promise.all([forkHelper(originScript, originArgs), startServer([folder.path])])
  const originUrl = `http://localhost:${origin.port}`
  // No manifest is made on the clock.
  for (const url of [originUrl, wide.url]) await (await fetch(`${url}${filePath}.nearcast.json`)).text()
  return {
    file,
    wideUrl: wide.url,
    trackerUrl: `ws://localhost:${wide.port}/.nearcast/tracker`,
    originUrl,
    originBytes: async () => ((await origin.ask({})) as Record<string, number>)[filePath] ?? 0,
    async close() {
      origin.close()
      await wide.stop()
      folder.remove()
      hashes.remove()
    },
  }
}
