import { expect, it } from 'vitest'
import { formatLive, LiveLine, type LiveNumbers } from './live-line.ts'

const quiet: LiveNumbers = { peers: 0, swarms: 0, bytesSent: 0, activeResponses: 0 }

/** A terminal that shows what a person would see: the lines, with the erased ones gone. */
function createScreen(columns = 80) {
  const lines: string[] = ['']
  return {
    columns,
    lines,
    write(text: string) {
      for (const part of text.replaceAll('\r\u001b[2K', '\r').split(/([\n\r])/)) {
        if (part === '\n') lines.push('')
        else if (part === '\r') lines[lines.length - 1] = ''
        else lines[lines.length - 1] += part
      }
    },
  }
}

it('shows peers, bytes, rate and responses', () => {
  const numbers = { peers: 3, swarms: 1, bytesSent: 4_194_304, activeResponses: 2 }
  expect(formatLive(numbers, 1_048_576)).toBe('3 peers in 1 swarm  ·  origin sent 4 MiB  ·  1 MiB/s  ·  2 responses')
  expect(formatLive(quiet, 0)).toBe('no peers  ·  origin sent 0 B  ·  0 B/s  ·  0 responses')
})

it('[D9] stays one line while numbers change, with other lines above it', () => {
  const screen = createScreen()
  let numbers = quiet
  let nowMs = 0
  const line = new LiveLine(
    screen,
    () => numbers,
    () => nowMs,
    formatLive,
  )
  line.print('before')
  line.draw()
  numbers = { peers: 1, swarms: 1, bytesSent: 2_097_152, activeResponses: 1 }
  nowMs = 1000
  line.draw()
  line.print('a log line')
  line.stop()
  line.print('after')
  expect(screen.lines).toEqual([
    'before',
    'a log line',
    '1 peer in 1 swarm  ·  origin sent 2 MiB  ·  2 MiB/s  ·  1 response',
    'after',
    '',
  ])
})

it('[D9] never wraps in a narrow terminal, where it could not be erased', () => {
  const screen = createScreen(20)
  new LiveLine(
    screen,
    () => quiet,
    () => 0,
    formatLive,
  ).draw()
  expect(screen.lines).toEqual(['no peers  ·  origin'])
})
