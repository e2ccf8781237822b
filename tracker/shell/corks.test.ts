import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type Corkable, Corks } from './corks.ts'

class Client implements Corkable {
  readonly socket = new PassThrough()
  stream: PassThrough | undefined = this.socket
  corkedLength = 0

  get arrived(): string {
    return String(this.socket.read() ?? '')
  }
}

/** Corks, and what they say went out. */
function crowd() {
  const sent: [to: Client, length: number][] = []
  const corks = new Corks<Client>((to, length) => sent.push([to, length]))
  const say = (to: Client, text: string) => {
    corks.hold(to, text.length)
    to.stream?.write(text)
  }
  return { sent, corks, say }
}

describe('what one turn of the event loop has for a client', () => {
  it('[T282] goes out at its end, in order, and counts as one', async () => {
    const { sent, say } = crowd()
    const [anna, ben] = [new Client(), new Client()]
    say(anna, 'one ')
    say(ben, 'for ben')
    say(anna, 'two')
    expect([anna.arrived, ben.arrived, sent.length]).toEqual(['', '', 0])
    await turn()
    expect([anna.arrived, ben.arrived]).toEqual(['one two', 'for ben'])
    expect(sent).toEqual([
      [anna, 7],
      [ben, 7],
    ])
    say(anna, 'three')
    await turn()
    expect(anna.arrived).toBe('three')
    expect(sent.at(-1)).toEqual([anna, 5])
  })

  it('[T282] is followed in the next turn by what comes of it, and that by nothing', async () => {
    const anna = new Client()
    const lengths: number[] = []
    const corks = new Corks<Client>((to, length) => {
      lengths.push(length)
      if (lengths.length > 1) return
      corks.hold(to, 4)
      to.socket.write('more')
    })
    corks.hold(anna, 5)
    anna.socket.write('first')
    await turn()
    expect(anna.arrived).toBe('first')
    await turn()
    expect(anna.arrived).toBe('more')
    await turn()
    expect(lengths).toEqual([5, 4])
  })

  it('[T282] is given up for one that is gone by then, and for nobody else', async () => {
    const { sent, say } = crowd()
    const [gone, broken, anna] = [new Client(), new Client(), new Client()]
    for (const one of [gone, broken, anna]) say(one, 'hello')
    gone.stream = undefined
    broken.socket.destroy()
    await turn()
    expect(anna.arrived).toBe('hello')
    expect(sent).toHaveLength(3)
  })
})
