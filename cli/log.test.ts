import { expect, it } from 'vitest'
import { createTerminalLog, formatLine } from './log.ts'

it('a line in a terminal has the level, the message and the fields', () => {
  expect(formatLine('warn', { file: 'a.zip', tries: 2 }, 'hashing failed', false)).toBe(
    'warn   hashing failed  file=a.zip  tries=2',
  )
  expect(formatLine('error', { error: new Error('disk full') }, 'x', false)).toBe('error  x  error=disk full')
})

it('[D9] a name from outside cannot move the cursor or colour the terminal', () => {
  expect(formatLine('info', { name: 'a\u001b[2J\r\nb' }, 'x', false)).toBe('info   x  name=a\ufffd[2J\ufffd\ufffdb')
})

it('lines below the wanted level are left out', () => {
  const lines: string[] = []
  const log = createTerminalLog('warn', false, (line) => lines.push(line))
  log.info({}, 'one')
  log.warn({}, 'two')
  log.error({}, 'three')
  expect(lines).toEqual(['warn   two', 'error  three'])
})
