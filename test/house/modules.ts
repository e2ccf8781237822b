/** The repository's TypeScript modules as data: each with its text, syntax tree and imports. Judges nothing. */
import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const repository = fileURLToPath(new URL('../..', import.meta.url))

export interface Import {
  /** A module of the repository (`shared/wire.ts`), or a package or built-in as it is named (`ws`, `node:fs`). */
  target: string
  isLocal: boolean
  /** Gone after compilation. */
  isType: boolean
}

export interface Module {
  /** From the repository's root, with `/`. */
  path: string
  text: string
  source: ts.SourceFile
  imports: Import[]
}

const folders = ['shared', 'client', 'tracker', 'origin', 'cli', 'demo', 'test', 'bench', 'bundling']

export function parseModule(path: string, text: string): Module {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const imports: Import[] = []
  const add = (specifier: ts.Node | undefined, isType: boolean) => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return
    const isLocal = specifier.text.startsWith('.')
    const target = isLocal ? posix.join(posix.dirname(path), specifier.text.replace(/\?.*$/, '')) : specifier.text
    imports.push({ target, isLocal, isType })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeImport(node))
    if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly)
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true)
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0], false)
    if (isWorkerUrl(node)) add(node.arguments?.[0], false)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return { path, text, source, imports }
}

function isTypeImport({ importClause }: ts.ImportDeclaration): boolean {
  if (importClause === undefined) return false
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const { name, namedBindings } = importClause
  if (name !== undefined || namedBindings === undefined || !ts.isNamedImports(namedBindings)) return false
  return namedBindings.elements.length > 0 && namedBindings.elements.every((element) => element.isTypeOnly)
}

/** `new URL('./hash-thread.ts', import.meta.url)`: how a module names the code of a worker. */
function isWorkerUrl(node: ts.Node): node is ts.NewExpression {
  if (!ts.isNewExpression(node) || node.expression.getText() !== 'URL') return false
  const [specifier] = node.arguments ?? []
  return specifier !== undefined && ts.isStringLiteralLike(specifier) && /^\.\.?\/.*\.ts$/.test(specifier.text)
}

function list(folder: string): string[] {
  return readdirSync(posix.join(repository, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : list(path)
    return [path]
  })
}

export const paths: string[] = folders.flatMap(list).sort()

export const modules: Module[] = paths
  .filter((path) => /\.m?[tj]s$/.test(path))
  .map((path) => parseModule(path, readFileSync(posix.join(repository, path), 'utf8')))
