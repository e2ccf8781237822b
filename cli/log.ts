/** Where the rooms' log lines go: JSON on stdout for machines, short lines for a person at a terminal. */
import { pino } from 'pino'
import type { Log } from '../shared/log.ts'

export const logLevels = ['info', 'warn', 'error'] as const
export type LogLevel = (typeof logLevels)[number]

/** A program's own log. */
export interface ProgramLog extends Log {
  /** What whoever started the program must know: logged as `info`, and whatever the least severe level is. */
  notice(fields: object, message: string): void
  /** Less severe lines are left out from now on. */
  setLevel(levelMin: LogLevel): void
}

/** One JSON object a line on stdout. */
export function createJsonLog(levelMin: LogLevel): ProgramLog {
  // Written at once: a line that is still in memory is lost when the process is killed, and it is the one that is wanted.
  const destination = pino.destination({ fd: 1, sync: true })
  // Whoever read the log has gone (`nearcast serve | head -1`); serving goes on without it.
  destination.on('error', () => {})
  const logger = pino(
    {
      base: null,
      level: levelMin,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
  const notices = logger.child({}, { level: 'info' })
  return {
    setLevel(level) {
      logger.level = level
    },
    notice: (fields, message) => notices.info(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  }
}

/** Control characters of a name or a header must not reach the terminal, where they are commands. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const controls = /[\u0000-\u001f\u007f-\u009f]/g
export const printable = (text: string) => text.replace(controls, '\ufffd')

function fieldText(value: unknown): string {
  if (value instanceof Error) return value.message
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
}

const colors: Record<LogLevel, string> = { info: '\u001b[2m', warn: '\u001b[33m', error: '\u001b[31m' }

export function formatLine(level: LogLevel, fields: object, message: string, isColored: boolean): string {
  const words = Object.entries(fields).map(([name, value]) => `${name}=${fieldText(value)}`)
  const line = printable([level.padEnd(5), message, ...words].join('  '))
  return isColored ? `${colors[level]}${line}\u001b[0m` : line
}

/** @param print takes one line for the terminal */
export function createTerminalLog(levelMin: LogLevel, isColored: boolean, print: (line: string) => void): ProgramLog {
  let rankMin = logLevels.indexOf(levelMin)
  const write = (level: LogLevel, fields: object, message: string) =>
    print(formatLine(level, fields, message, isColored))
  const writer = (level: LogLevel) => (fields: object, message: string) => {
    if (logLevels.indexOf(level) >= rankMin) write(level, fields, message)
  }
  return {
    setLevel(level) {
      rankMin = logLevels.indexOf(level)
    },
    notice: (fields, message) => write('info', fields, message),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
  }
}
