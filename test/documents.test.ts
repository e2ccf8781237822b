/** The documents for people: whatever file they name or link to is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { paths, repository } from './house/modules.ts'

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'docs/API.md',
  'docs/ARCHITECTURE.md',
  'docs/SPEC.md',
  'docs/PROTOCOL.md',
  ...readdirSync(join(repository, 'docs/guides')).map((name) => `docs/guides/${name}`),
]

/** Files that a document speaks of, by their whole path or by their name alone. */
function missingFiles(text: string): string[] {
  const named = [...text.matchAll(/(?<![\w/.-])[\w/-]+(?:\.[\w-]+)*\.(?:ts|mjs)\b/g)].map(([name]) => name)
  const isThere = (name: string) =>
    paths.some((path) => path.endsWith(`/${name}`)) || existsSync(join(repository, name))
  return named.filter((name) => !isThere(name))
}

/** Places that a document links to or shows, other than on the web. */
function missingLinks(document: string, text: string): string[] {
  const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map(([, target]) => target!)
  return targets.filter((target) => !existsSync(join(repository, dirname(document), target)))
}

describe.each(documents)('%s', (document) => {
  const text = readFileSync(join(repository, document), 'utf8')

  it('names only files that are there', () => {
    expect(missingFiles(text)).toEqual([])
  })

  it('links only to what is there', () => {
    expect(missingLinks(document, text)).toEqual([])
  })
})

describe('the checks themselves', () => {
  it('see a file that is not there', () => {
    expect(missingFiles('`shared/wire.ts`, wire.ts, `shared/nothing.ts` and nothing.ts')).toEqual([
      'shared/nothing.ts',
      'nothing.ts',
    ])
  })

  it('see a link that leads nowhere', () => {
    const text = '[a](PROTOCOL.md#peers) [b](NOTHING.md) [c](https://example.org/x.md) [d](#peers)'
    expect(missingLinks('docs/SPEC.md', text)).toEqual(['NOTHING.md'])
  })
})
