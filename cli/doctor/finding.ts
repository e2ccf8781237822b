/** What a check of `nearcast doctor` found, and how it is told. Knows no check. */

import { printable } from '../log.ts'

/** `warning`: it works, but not for everybody or not well. `fault`: visitors have no peers until it is mended. */
export type Verdict = 'ok' | 'warning' | 'fault' | 'skipped'

export interface Finding {
  /** One word. */
  check: string
  verdict: Verdict
  /** What is so, in one line. */
  says: string
  /** What to do about it, in whole lines. */
  fix?: readonly string[]
}

export const found = (check: string, verdict: Verdict, says: string, fix?: readonly string[]): Finding => ({
  check,
  verdict,
  says,
  ...(fix !== undefined && { fix }),
})

const marks: Record<Verdict, string> = { ok: 'ok', warning: 'warn', fault: 'FAULT', skipped: '-' }
const colors: Record<Verdict, string> = {
  ok: '\u001b[32m',
  warning: '\u001b[33m',
  fault: '\u001b[31m',
  skipped: '\u001b[2m',
}

const markWidth = 5
const checkWidth = 9
const indent = ' '.repeat(2 + markWidth + 2 + checkWidth + 2)

export function printFinding({ check, verdict, says, fix = [] }: Finding, isColored: boolean): string {
  const mark = marks[verdict].padEnd(markWidth)
  const line = `  ${isColored ? `${colors[verdict]}${mark}\u001b[0m` : mark}  ${check.padEnd(checkWidth)}  ${printable(says)}`
  return [line, ...fix.map((one) => indent + printable(one))].join('\n')
}

export const count = (findings: readonly Finding[], verdict: Verdict): number =>
  findings.filter((one) => one.verdict === verdict).length
