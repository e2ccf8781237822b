/** The guides: every command of ours that they show is one that starts, as far as its settings go. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { keygenSettings, publishSettings, verifySettings } from '../cli/publishing-settings.ts'
import type { SettingTable } from '../cli/setting.ts'
import { readSettings } from '../cli/setting-sources.ts'
import { getSettings, seedSettings, serveSettings, trackerCommandSettings } from '../cli/settings.ts'
import { repository } from './house/modules.ts'

const tables: Readonly<Record<string, SettingTable>> = {
  serve: serveSettings,
  tracker: trackerCommandSettings,
  get: getSettings,
  seed: seedSettings,
  publish: publishSettings,
  verify: verifySettings,
  keygen: keygenSettings,
}

const folder = join(repository, 'docs/guides')

/** The lines of shell blocks that call `nearcast` and one of these commands, as words. */
function commandsIn(text: string): string[][] {
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block]) => block!)
  const lines = blocks.flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'))
  return lines
    .filter((line) => line.startsWith('nearcast '))
    .map((line) => line.replace(/\s#.*$/, '').match(/"[^"]*"|'[^']*'|\S+/g)!)
    .map((words) => words.slice(1).map((word) => word.replace(/^["']|["']$/g, '')))
    .filter(([command]) => tables[command!] !== undefined)
}

describe.each(readdirSync(folder).filter((name) => name.endsWith('.md')))('docs/guides/%s', (name) => {
  const commands = commandsIn(readFileSync(join(folder, name), 'utf8'))

  it.each(commands.map((words) => [words.join(' '), words] as const))('nearcast %s', (_, [command, ...args]) => {
    expect(readSettings(tables[command!]!, { args, env: {}, workFolder: '/' })).toBeDefined()
  })

  it('is a guide', () => {
    expect(readFileSync(join(folder, name), 'utf8')).toMatch(/^# \S/)
  })
})

it('finds commands, and what is wrong with one', () => {
  const [words] = commandsIn("```sh\nnearcast serve ./x --port 1 # why\nnearcast tracker --regions 'a=1'\n```\n")
  expect(words).toEqual(['serve', './x', '--port', '1'])
  expect(() => readSettings(serveSettings, { args: ['--prot', '1'], env: {}, workFolder: '/' })).toThrow('--prot')
})
