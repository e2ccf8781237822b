import { describe, expect, it } from 'vitest'
import type { Clock } from '../ports.ts'
import { connectLater } from './later-tracker.ts'

function setting() {
  const said: string[] = []
  let ring = () => {}
  const clock: Clock = {
    now: () => 0,
    at(_, callback) {
      ring = callback
      return () => {}
    },
  }
  let begin = () => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const socket = connectLater(clock, [begun], () => {
    said.push('connect')
    return { send: (text) => said.push(text), close: () => said.push('close') }
  })
  const settled = () => begun.then(() => {})
  return { said, socket, ring: () => ring(), begin, settled }
}

describe('the tracker of a file that is being opened', () => {
  it('[C13] is connected to once the first bytes are here, and once only', async () => {
    const { said, socket, ring, begin, settled } = setting()
    expect(said).toEqual([])
    begin()
    await settled()
    await settled()
    ring()
    socket.send('hello')
    socket.close()
    expect(said).toEqual(['connect', 'hello', 'close'])
  })

  it('[C13] is not kept waiting by a server that does not send', () => {
    const { said, ring } = setting()
    ring()
    expect(said).toEqual(['connect'])
  })

  it('[P2] is never connected to when it is closed before', async () => {
    const { said, socket, ring, begin, settled } = setting()
    socket.close()
    begin()
    await settled()
    await settled()
    ring()
    expect(said).toEqual([])
  })
})
