import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asModule } from '../bundling/simple-peer-source.ts'
import { repository } from './house/modules.ts'

const source = readFileSync(join(repository, 'node_modules/simple-peer/index.js'), 'utf8')

describe('simple-peer from its source', () => {
  it('requires nothing of Node, and has all its members', () => {
    const code = asModule(source)
    expect(code).not.toMatch(/\brequire\(/)
    const members = (text: string) =>
      text.match(/^ {2}(?:get )?\w+ \(.*\) \{$/gm)?.filter((line) => !/_debug/.test(line))
    expect(members(code)).toEqual(members(source))
  })

  it('of another version is refused rather than bundled half', () => {
    expect(() => asModule(source.replace("require('err-code')", "require('error-code')"))).toThrow('has changed')
    expect(() => asModule(`${source}\nrequire('more')`)).toThrow('requires more')
  })
})
