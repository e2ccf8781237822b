import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { get } from './get.ts'
import { Refusal } from './refusal.ts'
import { seed } from './seed.ts'

const folder = mkdtempSync(join(tmpdir(), 'nearcast-commands-'))
writeFileSync(join(folder, 'a.zip'), 'mine')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const commands = { get, seed }

it.each([
  ['get', [], 'which file?'],
  ['get', ['ftp://example.org/a'], 'the url is "ftp://example.org/a"; it must be an http or https URL'],
  ['get', ['http://localhost/'], 'names no file'],
  ['get', ['http://localhost/a', '--json', '-o', '-'], 'both want stdout'],
  ['get', ['http://localhost/a.zip', '-o', folder], 'a.zip is there already'],
  ['get', ['http://localhost/b.zip', '-o', join(folder, 'a.zip')], 'a.zip is there already'],
  ['seed', [], 'which files?'],
  ['seed', ['.'], '--base-url'],
  ['seed', ['absent'], '"absent" is neither an http or https URL nor a folder'],
  ['seed', ['.', 'http://localhost/a'], 'either URLs or one folder'],
  ['seed', ['http://a.example/1', 'http://b.example/2'], 'name one tracker with --tracker'],
  ['seed', ['http://localhost/a', '--tracker', 'none'], 'no peer finds this one'],
  ['seed', Array.from({ length: 65 }, (_, i) => `http://localhost/${i}`), 'keeps 64 of them'],
] as const)('[H1] [H6] nearcast %s %j is refused before anything is begun', async (name, args, reason) => {
  const refusal: unknown = await commands[name](args).catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(Refusal)
  expect(refusal).toMatchObject({ exitCode: 2, message: expect.stringContaining(reason) })
})
