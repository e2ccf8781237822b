/**
 * Reads settings from where people put them: flags win over NEARCAST_* variables, variables over the config file, the
 * file over the defaults. What is unknown or wrong is refused by name, with its value and what would be right.
 */
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { suggestion } from '../shared/suggestion.ts'
import { systemErrorCode, usageRefusal } from './refusal.ts'
import { type Setting, type SettingTable, type SettingValues, settingName, variableName } from './setting.ts'
import { settingTables } from './settings.ts'

export interface Surroundings {
  args: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  /** The folder that relative paths in flags and variables start from. */
  workFolder: string
}

/** The longest config file read: regions with a thousand ranges need a tenth of it. */
const configBytesMax = 1024 * 1024

/** The longest part of a wrong value that a message repeats. */
const shownLengthMax = 100

/** A value as someone wrote it, not yet checked. */
interface Given {
  value: unknown
  /** How its writer calls the setting: `--port`, `NEARCAST_PORT`, `"port" in /etc/nearcast.json`. */
  place: string
  base: string
}

type GivenByKey = Map<string, Given>

/** One that is right, and as it was read. */
export interface Written extends Given {
  read: unknown
}

function checked<T>(setting: Setting<T>, { value, place, base }: Given): T {
  const read = setting.kind.read(value, base)
  if (read !== undefined) return read
  if (setting.isSecret) throw usageRefusal(`${place} is not usable; it must be ${setting.kind.right}`)
  const shown = JSON.stringify(value) ?? String(value)
  const cut = shown.length > shownLengthMax ? `${shown.slice(0, shownLengthMax)}…` : shown
  throw usageRefusal(`${place} is ${cut}; it must be ${setting.kind.right}`)
}

function flagOptions(table: SettingTable) {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {
    help: { type: 'boolean', short: 'h' },
  }
  for (const [key, setting] of Object.entries(table)) {
    if (setting.positional) continue
    const { short } = setting
    options[settingName(key)] = { type: setting.kind.hint === '' ? 'boolean' : 'string', ...(short && { short }) }
  }
  return options
}

function fromFlags(table: SettingTable, { args, workFolder }: Surroundings): GivenByKey | undefined {
  const options = flagOptions(table)
  const keys = new Map(Object.keys(table).map((key) => [settingName(key), key]))
  const written: GivenByKey = new Map()
  const plain = Object.keys(table).filter((key) => table[key]!.positional)
  // Not strict: the checks below say more than the parser's own.
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
    allowNegative: true,
  })
  // Who asks for help is told nothing else.
  if (tokens.some((token) => token.kind === 'option' && token.name === 'help')) return undefined
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue
    if (token.kind === 'positional') {
      const key = plain[0]
      if (key === undefined) throw usageRefusal(`unexpected argument ${JSON.stringify(token.value)}`)
      const { many } = table[key]!.kind
      if (!many) plain.shift()
      const value = many ? [...((written.get(key)?.value as string[] | undefined) ?? []), token.value] : token.value
      written.set(key, { value, place: `the ${settingName(key)}`, base: workFolder })
      continue
    }
    const option = options[token.name]
    const isNegative = token.rawName === `--no-${token.name}`
    if (option === undefined || (isNegative && option.type === 'string')) {
      const names = Object.keys(options).map((name) => `--${name}`)
      throw usageRefusal(`unknown option ${token.rawName}${suggestion(token.rawName, names)}`)
    }
    const key = keys.get(token.name)!
    const setting = table[key]!
    const place = `--${token.name}`
    if (option.type === 'string' && token.value === undefined) {
      throw usageRefusal(`${place} needs a value: ${setting.kind.right}`)
    }
    const before = setting.kind.many ? ((written.get(key)?.value as string[] | undefined) ?? []) : []
    const value = token.value ?? !isNegative
    written.set(key, { value: setting.kind.many ? [...before, value] : value, place, base: workFolder })
  }
  return written
}

/** What Kubernetes and Docker links put beside a service named "nearcast"; nobody wrote these as settings. */
const serviceLink = /^NEARCAST_(SERVICE_|PORT_\d|PORT$)/

function fromVariables(table: SettingTable, { env, workFolder }: Surroundings): GivenByKey {
  const written: GivenByKey = new Map()
  const keys = new Map(Object.keys(table).map((key) => [variableName(key), key]))
  const elsewhere = new Set(settingTables.flatMap((other) => Object.keys(other).map(variableName)))
  for (const [name, value] of Object.entries(env)) {
    // An empty variable is how compose files and shells say "not set".
    if (!name.startsWith('NEARCAST_') || value === undefined || value === '') continue
    if (serviceLink.test(name) && (name !== 'NEARCAST_PORT' || value.startsWith('tcp://'))) continue
    const key = keys.get(name)
    if (key === undefined && elsewhere.has(name)) continue
    if (key === undefined) {
      throw usageRefusal(`unknown variable ${name}${suggestion(name, [...keys.keys()])}`)
    }
    written.set(key, { value, place: name, base: workFolder })
  }
  return written
}

function configText(path: string): string {
  try {
    const text = readFileSync(path, 'utf8')
    if (text.length <= configBytesMax) return text
  } catch (error) {
    const code = systemErrorCode(error)
    const why = code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`
    throw usageRefusal(`the config file ${path} ${why}`)
  }
  throw usageRefusal(`the config file ${path} is longer than ${configBytesMax} bytes`)
}

function fromConfig(table: SettingTable, path: string): GivenByKey {
  const written: GivenByKey = new Map()
  let json: unknown
  try {
    json = JSON.parse(configText(path))
  } catch (error) {
    if (error instanceof SyntaxError) throw usageRefusal(`the config file ${path} is not JSON: ${error.message}`)
    throw error
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw usageRefusal(`the config file ${path} must hold one JSON object, like {"port": 8080}`)
  }
  const keys = new Map(
    Object.keys(table)
      .filter((key) => key !== 'config')
      .map((key) => [settingName(key), key]),
  )
  for (const [name, value] of Object.entries(json)) {
    const key = keys.get(name)
    if (key === undefined) {
      throw usageRefusal(`unknown setting "${name}" in ${path}${suggestion(name, [...keys.keys()])}`)
    }
    written.set(key, { value, place: `"${name}" in ${path}`, base: dirname(path) })
  }
  return written
}

/** What of each setting is written, by the source that wins. @throws Refusal @returns undefined when --help is asked for */
export function readWritten(table: SettingTable, surroundings: Surroundings): Map<string, Written> | undefined {
  const flags = fromFlags(table, surroundings)
  if (flags === undefined) return undefined
  const variables = fromVariables(table, surroundings)
  const configPath = flags.get('config') ?? variables.get('config')
  const config =
    configPath === undefined
      ? new Map<string, Given>()
      : fromConfig(table, checked(table.config as Setting<string>, configPath))
  const written = new Map<string, Written>()
  for (const [key, setting] of Object.entries(table)) {
    // One that is overruled is checked too: it is wrong all the same, and would surprise on another day.
    for (const source of [flags, variables, config]) {
      const given = source.get(key)
      if (given === undefined) continue
      const read = checked(setting, given)
      if (!written.has(key)) written.set(key, { ...given, read })
    }
  }
  return written
}

/** @throws Refusal that names the setting, the value and what would be right @returns undefined when --help is asked for */
export function readSettings<D extends SettingTable>(
  table: D,
  surroundings: Surroundings,
): SettingValues<D> | undefined {
  const written = readWritten(table, surroundings)
  if (written === undefined) return undefined
  const values = Object.entries(table).map(([key, setting]) => {
    const one = written.get(key)
    return [key, one === undefined ? setting.default : one.read]
  })
  return Object.fromEntries(values) as SettingValues<D>
}
