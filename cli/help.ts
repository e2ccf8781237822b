/** Prints a command's --help from its settings, so that the two cannot differ. */
import { type SettingTable, settingName, variableName } from './settings.ts'

export interface CommandHelp {
  usage: string
  /** What the command does, in whole lines. */
  about: readonly string[]
  settings: SettingTable
  examples: readonly string[]
  /** What else there is to know, in whole lines: exit codes, for one. */
  notes?: readonly string[]
}

export function printHelp({ usage, about, settings, examples, notes = [] }: CommandHelp): string {
  const rows: [string, string][] = Object.entries(settings).map(([key, { kind, help, positional, short }]) => {
    const flag = `${short === undefined ? '' : `-${short}, `}--${settingName(key)}`
    return [positional ? settingName(key) : `${flag}${kind.hint === '' ? '' : ` ${kind.hint}`}`, help]
  })
  rows.push(['-h, --help', 'this text'])
  const width = Math.max(...rows.map(([name]) => name.length))
  const example = Object.keys(settings).find((key) => settingName(key).includes('-')) ?? Object.keys(settings)[0]!
  return [
    `Usage: ${usage}`,
    '',
    ...about,
    '',
    ...rows.map(([name, help]) => `  ${name.padEnd(width)}  ${help}`),
    '',
    `Each is also a variable (--${settingName(example)} is ${variableName(example)}) and a key of the config file`,
    `("${settingName(example)}"). Flags win over variables, variables over the file, the file over the defaults.`,
    '',
    ...(notes.length > 0 ? [...notes, ''] : []),
    ...examples.map((line) => `  ${line}`),
  ].join('\n')
}
