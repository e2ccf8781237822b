import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { modules, parseModule, paths, repository } from './house/modules.ts'
import {
  citedRules,
  headFaults,
  importCycles,
  importFaults,
  impurities,
  isPure,
  isTest,
  lengthFaults,
  nameFaults,
  packageFaults,
  packageRooms,
  textFaults,
  writtenRules,
} from './house/rules.ts'

const read = (path: string) => readFileSync(join(repository, path), 'utf8')
const sample = (path: string, text: string) => [parseModule(path, text)]

describe('the house', () => {
  it('has its rooms', () => {
    for (const room of ['shared/', 'client/core/', 'tracker/core/', 'origin/core/']) {
      expect(paths.some((path) => path.startsWith(room))).toBe(true)
    }
  })

  it('imports only downwards, and never from one program into another', () => {
    expect(importFaults(modules)).toEqual([])
  })

  it('imports each package in one room, and platforms only in shells', () => {
    expect(packageFaults(modules)).toEqual([])
  })

  it('imports only modules that are there', () => {
    const missing = modules.flatMap(({ path, imports }) =>
      imports
        .filter(({ target, isLocal }) => isLocal && !/^dist\//.test(target) && !existsSync(join(repository, target)))
        .map(({ target }) => `${path} imports ${target}`),
    )
    expect(missing).toEqual([])
  })

  it('uses every package that it installs, and knows the room of each', () => {
    const { dependencies: needed, peerDependencies: optional } = JSON.parse(read('package.json')) as Record<
      'dependencies' | 'peerDependencies',
      Record<string, string>
    >
    const dependencies = { ...needed, ...optional }
    expect(Object.keys(packageRooms).sort()).toEqual(Object.keys(dependencies).sort())
    const imported = new Set(modules.flatMap(({ imports }) => imports.map(({ target }) => target)))
    const unused = Object.keys(dependencies).filter(
      (name) => ![...imported].some((target) => target === name || target.startsWith(`${name}/`)),
    )
    expect(unused).toEqual([])
  })

  it('has no import cycles', () => {
    expect(importCycles(modules)).toEqual([])
  })

  it('keeps clocks, chance, timers and platforms out of pure code', () => {
    expect(impurities(modules)).toEqual([])
  })

  it('compiles every pure module without platform types, as part of the check', () => {
    const { config } = ts.readConfigFile(join(repository, 'tsconfig.pure.json'), ts.sys.readFile)
    const pure = ts.parseJsonConfigFileContent(config, ts.sys, repository)
    const compiled = pure.fileNames.map((name) => name.slice(repository.length))
    expect(compiled.sort()).toEqual(paths.filter((path) => path.endsWith('.ts') && isPure(path)).sort())
    expect(pure.options.types).toEqual([])
    expect(pure.options.lib).toEqual(['lib.es2023.d.ts'])
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    expect(scripts.check).toContain('tsc -p tsconfig.pure.json')
  })

  it('names files in kebab-case for what they hold', () => {
    expect(nameFaults(paths)).toEqual([])
  })

  it('has no file too long to be one idea', () => {
    expect(lengthFaults(modules)).toEqual([])
  })

  it('begins each module with what it owns', () => {
    expect(headFaults(modules)).toEqual([])
  })

  it('has named exports only, and nothing left for later', () => {
    expect(textFaults(modules)).toEqual([])
  })
})

describe('the rules of docs/SPEC.md', () => {
  const written = writtenRules(read('docs/SPEC.md'))
  const cited = new Set(modules.filter(({ path }) => isTest(path)).flatMap(citedRules))

  it('have one id each', () => {
    expect(written.length).toBeGreaterThan(0)
    expect(written.filter((id, i) => written.indexOf(id) !== i)).toEqual([])
  })

  it('are each shown by a test', () => {
    expect(written.filter((id) => !cited.has(id))).toEqual([])
  })

  it('are all that tests cite', () => {
    expect([...cited].filter((id) => !written.includes(id))).toEqual([])
  })
})

describe('the checks themselves', () => {
  it.each([
    ['shared/a.ts', '../client/core/b.ts'],
    ['shared/a.ts', '../test/fakes/b.ts'],
    ['client/core/a.ts', '../shell/b.ts'],
    ['client/core/a.ts', '../ports.ts'],
    ['client/core/a.ts', '../../tracker/core/b.ts'],
    ['client/shell/a.ts', '../node/b.ts'],
    ['client/node/a.ts', '../client.ts'],
    ['tracker/node/a.ts', '../core/b.ts'],
    ['tracker/shell/a.ts', '../main.ts'],
    ['tracker/shell/a.ts', '../../origin/core/b.ts'],
    ['tracker/main.ts', '../origin/main.ts'],
    ['origin/core/a.test.ts', '../../client/core/b.ts'],
    ['client/ports.ts', './shell/b.ts'],
    ['demo/main.ts', '../client/core/b.ts'],
    ['cli/serve.ts', '../origin/core/b.ts'],
    ['client/elsewhere/a.ts', './b.ts'],
    ['client/elsewhere.ts', '../shared/b.ts'],
  ])('see that %s may not import %s', (path, target) => {
    for (const text of [
      `import { b } from '${target}'`,
      `import type { B } from '${target}'`,
      `export * from '${target}'`,
      `const b = await import('${target}')`,
      `type B = import('${target}').B`,
      `new Worker(new URL('${target}', import.meta.url))`,
    ]) {
      expect(importFaults(sample(path, text))).toHaveLength(1)
    }
  })

  it.each([
    ['client/core/a.ts', './b.ts'],
    ['client/shell/a.ts', '../core/b.ts'],
    ['client/shell/a.ts', '../ports.ts'],
    ['client/client.ts', './shell/b.ts'],
    ['client/node.ts', './node/b.ts'],
    ['client/node/a.ts', '../shell/b.ts'],
    ['cli/get.ts', '../client/node.ts'],
    ['client/page/a.ts', '../index.ts'],
    ['tracker/main.test.ts', './main.ts'],
    ['cli/serve.ts', '../origin/main.ts'],
    ['shared/a.test.ts', '../test/fakes/b.ts'],
    ['demo/main.ts', '../client/index.ts'],
  ])('see that %s may import %s', (path, target) => {
    expect(importFaults(sample(path, `import { b } from '${target}'`))).toEqual([])
  })

  it('see packages and platforms outside their rooms', () => {
    expect(packageFaults(sample('client/shell/a.ts', `import { get } from 'idb-keyval'`))).toHaveLength(1)
    expect(packageFaults(sample('client/shell/a.ts', `import { readFile } from 'node:fs'`))).toHaveLength(1)
    expect(packageFaults(sample('origin/core/a.ts', `import type { Stats } from 'node:fs'`))).toHaveLength(1)
    expect(packageFaults(sample('shared/a.ts', `import fs from 'fs'`))).toEqual([
      'shared/a.ts imports fs without node:',
    ])
    expect(packageFaults(sample('tracker/shell/a.ts', `import left from 'left-pad'`))).toHaveLength(1)
    expect(packageFaults(sample('client/shell/web-hasher.ts', `import { h } from '@noble/hashes/sha2.js'`))).toEqual([])
  })

  it('see rings of imports, but none of types alone', () => {
    const ring = (word: string) =>
      importCycles([
        parseModule('shared/a.ts', `import { b } from './b.ts'`),
        parseModule('shared/b.ts', `import { c } from './c.ts'`),
        parseModule('shared/c.ts', `import ${word} from './a.ts'`),
      ])
    expect(ring('{ a }')).toEqual(['shared/a.ts > shared/b.ts > shared/c.ts > shared/a.ts'])
    expect(ring('{ type A, a }')).toHaveLength(1)
    expect(ring('type { A }')).toEqual([])
    expect(ring('{ type A }')).toEqual([])
  })

  it.each([
    'const now = Date.now()',
    'const at = new Date()',
    'Math.random()',
    'setTimeout(run, 1)',
    'globalThis.x',
    'process.exit(1)',
    'console.log(1)',
    'const { now } = performance',
    'const f = { setTimeout }',
    'fetch("/")',
  ])('see that pure code is not pure: %s', (text) => {
    for (const path of ['shared/a.ts', 'client/core/a.ts']) expect(impurities(sample(path, text))).toHaveLength(1)
    expect(impurities(sample('client/shell/a.ts', text))).toEqual([])
  })

  it.each([
    '// Date.now() is banned',
    'const text = "Math.random"',
    'queue.process(1)',
    'type A = { console: number }',
    'new Date(ms)',
  ])('see that pure code is pure: %s', (text) => {
    expect(impurities(sample('shared/a.ts', text))).toEqual([])
  })

  it('see bad names, missing heads, long files, default exports and things left for later', () => {
    expect(
      nameFaults(['shared/httpRange.ts', 'shared/utils.ts', 'client/core/peer-manager.ts', 'demo/Page.css']),
    ).toHaveLength(4)
    expect(nameFaults(['shared/http-range.test.ts', 'vite.config.ts', 'client/shell/simple-peer.d.ts'])).toEqual([])
    expect(headFaults(sample('shared/a.ts', `import { b } from './b.ts'\n/** Late. */`))).toHaveLength(1)
    expect(headFaults(sample('shared/a.ts', '/** Owns a. */\nconst a = 1'))).toEqual([])
    expect(lengthFaults(sample('shared/a.ts', 'a\n'.repeat(301)))).toEqual(['shared/a.ts has 301 lines, more than 300'])
    expect(lengthFaults(sample('shared/a.ts', 'a\n'.repeat(300)))).toEqual([])
    expect(textFaults(sample('shared/a.ts', 'export default 1'))).toHaveLength(1)
    expect(textFaults(sample('shared/a.ts', 'export default function a() {}'))).toHaveLength(1)
    expect(textFaults(sample('shared/a.ts', `// ${'TO'}${'DO'}: later`))).toHaveLength(1)
  })

  it('see which rules a test cites', () => {
    const cited = (text: string) => citedRules(parseModule('shared/a.test.ts', text))
    expect(cited(`it('[W1] a', f)`)).toEqual(['W1'])
    expect(cited(`it.each([1])('[W1] [M12] a', f)`)).toEqual(['W1', 'M12'])
    expect(cited(`it(\`[T3] \${name}\`, f)`)).toEqual(['T3'])
    expect(cited(`it('a [W1]', f) // [W2]`)).toEqual([])
    expect(writtenRules('- **W1** A rule.\n- **W2**\nSee W3.\n')).toEqual(['W1'])
  })
})
