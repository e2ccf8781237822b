/** The rules of the house that a tool checks. Each takes modules and gives what is wrong, one line a fault. */
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import ts from 'typescript'
import type { Module } from './modules.ts'

/** The rooms that may import each package: one in each program, so that a package can be replaced in a day. */
export const packageRooms: Record<string, string | readonly string[]> = {
  '@roamhq/wrtc': 'client/node/web-rtc.ts',
  '@noble/hashes': 'client/shell/web-hasher.ts',
  'hls.js': 'client/page/',
  'idb-keyval': 'client/shell/idb-',
  'simple-peer': 'client/shell/simple-peer-dialer.ts',
  'ipaddr.js': 'tracker/shell/',
  'proxy-addr': 'tracker/shell/',
  jose: 'tracker/shell/',
  maxmind: 'tracker/shell/geo-database.ts',
  '@redis/client': 'tracker/shell/redis-bus.ts',
  ws: ['tracker/shell/', 'client/node/tracker-socket.ts', 'cli/doctor/visit.ts'],
  express: 'origin/shell/',
  'mime-types': 'origin/shell/',
  pino: 'cli/log.ts',
  'prom-client': 'cli/metrics.ts',
}

const programs = ['client', 'tracker', 'origin'] as const

/** A longer file is usually two ideas. */
const linesMax = 300

const bannedFileNames = ['utils', 'util', 'helpers', 'helper', 'types', 'common', 'manager', 'misc']

export const isTest = (path: string) => /\.test\.ts$/.test(path)

/** What a module is to the others: `shared`, `core of client`, `root of tracker`, `cli`, … */
export function roomOf(path: string): string {
  const [top, second = '', third] = path.split('/') as [string, string?, string?]
  if (!programs.some((program) => program === top)) return top
  if (third !== undefined) {
    if (second === 'core' || second === 'shell' || (second === 'node' && top === 'client')) return `${second} of ${top}`
    return second === 'page' || second === 'worker' ? `root of ${top}` : `no room of ${top}`
  }
  if (second === 'ports.ts' || second === 'api.ts') return `ports of ${top}`
  return /^(index|client|main|node)\.ts$/.test(second) ? `root of ${top}` : `no room of ${top}`
}

function mayImport(from: string, to: string): boolean {
  const [kind, program] = from.split(' of ') as [string, string?]
  const [toKind, toProgram] = to.split(' of ') as [string, string?]
  if (from === to || to === 'shared') return true
  if (program === undefined) {
    if (kind === 'cli') return toKind === 'root' || toKind === 'ports'
    return kind === 'demo' && (to === 'root of client' || to === 'ports of client')
  }
  if (program !== toProgram) return false
  if (kind === 'ports') return toKind === 'core'
  if (kind === 'shell') return toKind === 'core' || toKind === 'ports'
  // The platform's own shells may use those of the web, never the other way round.
  if (kind === 'node') return toKind === 'core' || toKind === 'ports' || toKind === 'shell'
  return kind === 'root'
}

const isHouse = ({ path }: Module) => !isTest(path) && !/^(test|bench|bundling)\//.test(path)

/** `shared` < `core` < `shell` < roots; the three programs know nothing of one another. */
export function importFaults(modules: Module[]): string[] {
  return modules.flatMap((module) => {
    const from = roomOf(module.path.replace(/\.test\.ts$/, '.ts'))
    if (from.startsWith('no room')) return [`${module.path} stands in no room`]
    return module.imports
      .filter(({ isLocal }) => isLocal)
      .filter(({ target }) => {
        const to = roomOf(target)
        if (isHouse(module)) return !mayImport(from, to)
        const [own, other] = [module.path.split('/')[0]!, target.split('/')[0]!]
        const both = [own, other] as readonly string[]
        return own !== other && both.every((top) => programs.some((program) => program === top))
      })
      .map(({ target }) => `${module.path} (${from}) imports ${target} (${roomOf(target)})`)
  })
}

const packageOf = (specifier: string) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')

/** Packages have one room each, and the platform's own modules stay out of pure code and of the browser's. */
export function packageFaults(modules: Module[]): string[] {
  return modules.filter(isHouse).flatMap((module) =>
    module.imports
      .filter(({ isLocal }) => !isLocal)
      .filter(({ target }) => {
        if (target.startsWith('node:'))
          return !/^(cli\/|client\/node\/|(tracker|origin)\/(shell\/|main\.ts|ports\.ts))/.test(module.path)
        const rooms = packageRooms[packageOf(target)] ?? []
        return ![rooms].flat().some((room) => module.path.startsWith(room))
      })
      .map(({ target }) =>
        builtinModules.includes(target)
          ? `${module.path} imports ${target} without node:`
          : `${module.path} imports ${target}`,
      ),
  )
}

/** Rings of modules, each named once, as `a.ts > b.ts > a.ts`. */
export function importCycles(modules: Module[]): string[] {
  const targets = new Map(
    modules.map(({ path, imports }) => [path, imports.filter(({ isLocal, isType }) => isLocal && !isType)]),
  )
  const done = new Set<string>()
  const rings: string[] = []
  const visit = (path: string, way: string[]): void => {
    const place = way.indexOf(path)
    if (place >= 0) rings.push([...way.slice(place), path].join(' > '))
    if (place >= 0 || done.has(path)) return
    for (const { target } of targets.get(path) ?? []) visit(target, [...way, path])
    done.add(path)
  }
  for (const { path } of modules) visit(path, [])
  return rings
}

export const isPure = (path: string) => /^(shared|(client|tracker|origin)\/core)\//.test(path) && !isTest(path)

// biome-ignore format: a list of words
const bannedGlobals = [
  'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance', 'globalThis', 'process', 'console',
  'fetch', 'crypto', 'window', 'document', 'self', 'Buffer',
]
const bannedMembers = ['Date.now', 'Math.random']

/** Clocks, chance, timers and platforms come into pure code as arguments. */
export function impurities(modules: Module[]): string[] {
  return modules
    .filter(({ path }) => isPure(path))
    .flatMap(({ path, source }) => {
      const found: string[] = []
      const declared = declaredNames(source)
      const visit = (node: ts.Node): void => {
        if (ts.isPropertyAccessExpression(node) && bannedMembers.includes(node.getText())) found.push(node.getText())
        if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length) {
          found.push('new Date()')
        }
        if (ts.isIdentifier(node) && bannedGlobals.includes(node.text) && isFree(node) && !declared.has(node.text)) {
          found.push(node.text)
        }
        ts.forEachChild(node, visit)
      }
      visit(source)
      return found.map((name) => `${path} names ${name}`)
    })
}

/** Names that the module itself gives to parameters and variables. */
function declaredNames(source: ts.SourceFile): Set<string> {
  const names = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (
      (ts.isParameter(node) || ts.isVariableDeclaration(node) || ts.isBindingElement(node)) &&
      ts.isIdentifier(node.name)
    ) {
      names.add(node.name.text)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return names
}

/** True for a name that stands for itself, false for the name of a member or field. */
function isFree(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isQualifiedName(parent)) return parent.right !== node
  const isMember =
    ts.isPropertyAccessExpression(parent) ||
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent)
  return !(isMember && parent.name === node)
}

const kebabNoun = /^[a-z][a-z0-9]*(-[a-z0-9]+)*(\.(test|config|d))?\.[a-z]+$/

/** Files are named for the one thing that they hold. */
export function nameFaults(paths: string[]): string[] {
  return paths.flatMap((path) => {
    const name = posix.basename(path)
    if (!/\.(m?[tj]s|html|css)$/.test(name)) return []
    if (!kebabNoun.test(name)) return [`${path} is not named in kebab-case`]
    const words = name.split('.')[0]!.split('-')
    return words.some((word) => bannedFileNames.includes(word)) ? [`${path} does not say what it holds`] : []
  })
}

export function lengthFaults(modules: Module[]): string[] {
  return modules
    .filter(isHouse)
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > linesMax)
    .map(({ path, lines }) => `${path} has ${lines} lines, more than ${linesMax}`)
}

/** A module of the rooms begins by saying what it is. */
export function headFaults(modules: Module[]): string[] {
  return modules
    .filter((module) => isHouse(module) && !module.path.endsWith('.d.ts'))
    .filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text))
    .map(({ path }) => `${path} does not begin with a comment that says what it owns`)
}

/** Named exports only, and nothing left for later. */
export function textFaults(modules: Module[]): string[] {
  const later = new RegExp(`\\b(${['TO', 'FIX'].map((start, i) => start + ['DO', 'ME'][i]).join('|')})\\b`)
  return modules.flatMap(({ path, text, source }) => {
    const faults: string[] = []
    const isDefault = (node: ts.Statement) =>
      ts.isExportAssignment(node) ||
      (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword))
    if (!path.endsWith('.d.ts') && source.statements.some(isDefault)) faults.push(`${path} has a default export`)
    if (later.test(text)) faults.push(`${path} leaves something for later`)
    return faults
  })
}

/** The ids that stand in the names of tests, as `[W3]`. */
export function citedRules(module: Module): string[] {
  const ids: string[] = []
  const visit = (node: ts.Node): void => {
    const isName = ts.isStringLiteralLike(node) || ts.isTemplateHead(node)
    const argument = ts.isTemplateHead(node) ? node.parent : node
    if (isName && argument.parent !== undefined && ts.isCallExpression(argument.parent)) {
      const cited = /^(\[[A-Z]\d+\] ?)+/.exec(node.text)?.[0]
      if (cited !== undefined) ids.push(...cited.match(/[A-Z]\d+/g)!)
    }
    ts.forEachChild(node, visit)
  }
  visit(module.source)
  return ids
}

/** The rules of docs/SPEC.md: lines such as `- **W3** Bytes from outside …`. */
export const writtenRules = (spec: string): string[] =>
  [...spec.matchAll(/^- \*\*([A-Z]\d+)\*\* \S/gm)].map(([, id]) => id!)
