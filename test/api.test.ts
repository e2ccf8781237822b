/** The reference of the API: it names all that the types have. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { errorCodes } from '../client/api.ts'
import { attributeNames } from '../client/page/tag-attributes.ts'
import { repository } from './house/modules.ts'

const read = (path: string) => readFileSync(join(repository, path), 'utf8')
const reference = read('docs/API.md')

/** The members of an interface, as its source declares them one a line. */
function membersOf(path: string, name: string): string[] {
  const body = new RegExp(`interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)\\n\\}`).exec(read(path))![1]!
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[(:]/gm)].map(([, member]) => member!)
}

const sectionOf = (title: string) => reference.split(/^#+ /m).find((part) => part.startsWith(title))!

const namesIn = (text: string) => new Set([...text.matchAll(/`([\w-]+)(?:\([^)]*\))?`/g)].map(([, name]) => name!))

describe('docs/API.md', () => {
  it.each([
    ['client/api.ts', 'ClientOptions', '`createClient(options)`'],
    ['client/api.ts', 'Client', 'The client'],
    ['client/api.ts', 'ClientEvents', 'Events'],
    ['client/api.ts', 'Download', 'Download'],
    ['client/api.ts', 'DownloadProgress', 'Download'],
    ['client/api.ts', 'Stats', 'Stats'],
    ['client/api.ts', 'PeerStats', 'Stats'],
    ['client/node.ts', 'NodeClientOptions', 'Node'],
    ['client/api.ts', 'LastingClient', 'Node'],
  ])('names every member in %s of %s', (path, name, title) => {
    const members = membersOf(path, name)
    expect(members.length).toBeGreaterThan(0)
    const named = namesIn(sectionOf(title))
    expect(members.filter((member) => !named.has(member))).toEqual([])
  })

  it('names every code that an error may have, and no other', () => {
    const codes = [...sectionOf('Errors').matchAll(/^\| `([\w-]+)`/gm)].map(([, code]) => code)
    expect(codes).toEqual([...errorCodes])
  })

  it('names every attribute that the script tag reads', () => {
    const attributes = attributeNames.map((name) => `data-${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`)
    const named = [...sectionOf('The script tag').matchAll(/^\| `(data-[\w-]+)`/gm)].map(([, name]) => name!)
    expect(named.sort()).toEqual(attributes.sort())
  })
})
