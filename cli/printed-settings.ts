/** What a program would run with: every setting, its value and who said it. No secret is among it. */
import { type SettingTable, settingName } from './setting.ts'
import { readWritten, type Surroundings, type Written } from './setting-sources.ts'

/** As --help says it: `[30s]` at the end of its line is what holds when nobody says anything. */
function defaultOf({ default: value, help }: SettingTable[string]): string {
  const shown = /\[([^[\]]*)\]$/.exec(help)?.[1]
  if (shown !== undefined) return shown
  return value === true ? 'yes' : value === false ? 'no' : 'none'
}

function shownValue(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function rowOf(key: string, setting: SettingTable[string], written: Written | undefined): [string, string, string] {
  const name = settingName(key)
  if (written === undefined) return [name, defaultOf(setting), 'default']
  return [name, setting.isSecret ? '(set, and not shown)' : shownValue(written.value), written.place]
}

/** @throws Refusal as the program itself would be */
export function printSettings(table: SettingTable, surroundings: Surroundings): string {
  const written = readWritten(table, surroundings)
  const rows = Object.entries(table)
    .filter(([key]) => key !== 'printConfig')
    .map(([key, setting]) => rowOf(key, setting, written?.get(key)))
  // A long value pushes only its own line aside.
  const [nameWidth, valueWidth] = [0, 1].map((at) => Math.max(...rows.map((row) => Math.min(row[at]!.length, 40))))
  return rows
    .map(([name, value, place]) => `${name.padEnd(nameWidth!)}  ${value.padEnd(valueWidth!)}  ${place}`)
    .join('\n')
}
