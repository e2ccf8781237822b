import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { liveSettings } from './live-settings.ts'
import { type ReloadReport, reloadAll } from './reloading.ts'
import { readSettings } from './setting-sources.ts'
import { type TrackerCommandSettings, trackerCommandSettings } from './settings.ts'
import { liveKeys } from './tracker-settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'nearcast-live-'))
afterAll(() => rmSync(folder, { recursive: true }))
const config = join(folder, 'nearcast.json')

let said: { level: string; fields: object; message: string }[]
let applied: TrackerCommandSettings[]
let fault: Error | undefined

beforeEach(() => {
  said = []
  applied = []
  fault = undefined
})

/** Starts with one file, and reads others in its place. */
function startWith(content: object, args: readonly string[] = []) {
  const write = (text: string) => writeFileSync(config, text)
  write(JSON.stringify(content))
  const reread = () =>
    readSettings(trackerCommandSettings, { args: ['--config', config, ...args], env: {}, workFolder: folder })!
  const keep = (level: string) => (fields: object, message: string) => said.push({ level, fields, message })
  const live = liveSettings({
    settings: reread(),
    reread,
    liveKeys,
    apply(settings) {
      if (fault !== undefined) throw fault
      applied.push(settings)
    },
    log: { info: keep('info'), warn: keep('warn'), error: keep('error') },
  })
  return {
    reload(other: object | string): Promise<ReloadReport> {
      write(typeof other === 'string' ? other : JSON.stringify(other))
      return reloadAll([live])
    },
  }
}

const done = { reloaded: ['the config file'], failed: [] }

describe('a config file that is read again', () => {
  it('[T283] changes what may change, and says what needs a restart', async () => {
    const { reload } = startWith({ 'joins-burst': 20, port: 0 })
    expect(await reload({ 'joins-burst': 5, port: 8081, origins: ['https://example.org'] })).toEqual(done)
    expect(applied).toMatchObject([{ joinsBurst: 5, origins: ['https://example.org'] }])
    expect(said).toEqual([
      { level: 'info', fields: { settings: ['origins', 'joins-burst'] }, message: 'settings changed' },
      { level: 'warn', fields: { settings: ['port'] }, message: 'settings that changed need a restart' },
    ])
  })

  it('[T283] says nothing where nothing changed, and goes back to the default where a setting is gone', async () => {
    const { reload } = startWith({ 'joins-burst': 5 })
    expect(await reload({ 'joins-burst': 5 })).toEqual(done)
    expect([applied, said]).toEqual([[], []])
    expect(await reload({})).toEqual(done)
    expect(applied).toMatchObject([{ joinsBurst: 20 }])
    expect(await reload({})).toEqual(done)
    expect(applied).toHaveLength(1)
  })

  it('[T283] says again what still needs a restart', async () => {
    const { reload } = startWith({ port: 0 })
    for (let i = 0; i < 2; i++) await reload({ port: 8081 })
    expect(said.map(({ fields }) => fields)).toEqual([{ settings: ['port'] }, { settings: ['port'] }])
  })

  it('[T283] overrules no flag', async () => {
    const { reload } = startWith({}, ['--joins-burst', '7'])
    expect(await reload({ 'joins-burst': 5 })).toEqual(done)
    expect(applied).toEqual([])
  })

  it.each([
    ['{', 'is not JSON'],
    ['', 'is not JSON'],
    ['[]', 'must hold one JSON object'],
    ['{ "joins-burst": 5, "signals-burst": "many" }', '"signals-burst" in '],
    ['{ "joins-burst": 5, "joins-brust": 6 }', 'unknown setting "joins-brust"'],
  ])('[T283] changes nothing when it is wrong, and says why: %s', async (text, reason) => {
    const { reload } = startWith({})
    expect(await reload(text)).toMatchObject({
      reloaded: [],
      failed: [{ name: 'the config file', reason: expect.stringContaining(reason) }],
    })
    expect([applied, said]).toEqual([[], []])
    expect(await reload({ 'joins-burst': 5 })).toEqual(done)
    expect(applied).toMatchObject([{ joinsBurst: 5 }])
  })

  it('[T283] changes nothing when what it says does not go together, and is tried again the next time', async () => {
    const { reload } = startWith({})
    fault = new Error('these do not go together')
    expect(await reload({ 'joins-burst': 5 })).toMatchObject({ failed: [{ reason: 'these do not go together' }] })
    expect(said).toEqual([])
    fault = undefined
    expect(await reload({ 'joins-burst': 5 })).toEqual(done)
    expect(applied).toHaveLength(1)
  })

  it('[T283] repeats no secret', async () => {
    const { reload } = startWith({})
    await reload({ 'admin-token': 'x'.repeat(40), 'token-secret': 'y'.repeat(40) })
    expect(said.map(({ fields }) => fields)).toEqual([{ settings: ['token-secret', 'admin-token'] }])
    expect(JSON.stringify(said)).not.toContain('xxx')
  })
})
