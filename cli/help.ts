/** Prints a command's --help from its settings, so that the two cannot differ. */
import { type Setting, type SettingTable, sections, settingName, variableName } from './setting.ts'

export interface CommandHelp {
  usage: string
  /** What the command does, in whole lines. */
  about: readonly string[]
  settings: SettingTable
  examples: readonly string[]
  /** What else there is to know, in whole lines: exit codes, for one. */
  notes?: readonly string[]
}

type Row = [name: string, help: string]

function rowOf(key: string, { kind, help, positional, short }: Setting<unknown>): Row {
  const flag = `${short === undefined ? '' : `-${short}, `}--${settingName(key)}`
  return [positional ? settingName(key) : `${flag}${kind.hint === '' ? '' : ` ${kind.hint}`}`, help]
}

function printRows(rows: readonly Row[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, help]) => `  ${name.padEnd(width)}  ${help}`)
}

const inSection = (settings: SettingTable, section: string | undefined): Row[] =>
  Object.entries(settings)
    .filter(([, setting]) => setting.section === section)
    .map(([key, setting]) => rowOf(key, setting))

/** The word after --help, which says of what more is to be shown. */
function topicOf(args: readonly string[]): string | undefined {
  const at = args.findIndex((word) => word === '--help' || word === '-h')
  return at < 0 ? undefined : args[at + 1]
}

/** @param args the command's: `--help limits` shows the limits, `--help all` everything */
export function printHelp(
  { usage, about, settings, examples, notes = [] }: CommandHelp,
  args: readonly string[],
): string {
  const topic = topicOf(args)
  const used = Object.entries(sections).filter(([name]) => inSection(settings, name).length > 0)
  const wanted = used.filter(([name]) => topic === name || topic === 'all')
  const example = Object.keys(settings).find((key) => settingName(key).includes('-')) ?? Object.keys(settings)[0]!
  const shown = wanted.flatMap(([name, title]) => [`${title}:`, '', ...printRows(inSection(settings, name)), ''])
  const common: Row[] = [...inSection(settings, undefined), ['-h, --help', 'this text']]
  const more: Row[] = used.map(([name, title]) => [`--help ${name}`, title])
  if (more.length > 0) more.push(['--help all', 'every setting'])
  return [
    `Usage: ${usage}`,
    '',
    ...about,
    '',
    ...(wanted.length === 0 || topic === 'all' ? [...printRows(common), ''] : []),
    ...shown,
    ...(wanted.length === 0 && more.length > 0 ? ['More settings:', '', ...printRows(more), ''] : []),
    `Each is also a variable (--${settingName(example)} is ${variableName(example)}) and a key of the config file`,
    `("${settingName(example)}"). Flags win over variables, variables over the file, the file over the defaults.`,
    '',
    ...(notes.length > 0 ? [...notes, ''] : []),
    ...examples.map((line) => `  ${line}`),
  ].join('\n')
}
