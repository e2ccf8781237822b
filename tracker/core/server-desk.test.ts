import { describe, expect, it } from 'vitest'
import { peerId } from '../../test/fakes/engine-driver.ts'
import { ServerDesk } from './server-desk.ts'

const epochMs = Date.UTC(2026, 10, 21)
const ttlMs = 60 * 60_000
const turn = { urls: ['turn:turn.example.org'], ttlMs, passwordOf: (username: string) => `password of ${username}` }
const a = peerId('a')
const b = peerId('b')

const credentialsOf = (id: string, atMs: number) => {
  const username = `${(epochMs + atMs + ttlMs) / 1000}:${id}`
  return { iceServers: [{ urls: turn.urls, username, credential: `password of ${username}` }] }
}

describe('what a client is told of servers', () => {
  it('[T227] is nothing where there are none', () => {
    const desk = new ServerDesk({})
    expect(desk.welcome(a, {}, 0, epochMs)).toEqual({})
    expect(desk.due(1e9, epochMs)).toEqual([])
  })

  it("[T227] is the tracker's own STUN port, or the STUN servers that the operator named in its place", () => {
    const own = new ServerDesk({})
    own.stunAt(8080)
    expect(own.welcome(a, {}, 0, epochMs)).toEqual({ stunPort: 8080 })
    const named = new ServerDesk({ stunUrls: ['stun:stun.example.org'] })
    named.stunAt(8080)
    expect(named.welcome(a, {}, 0, epochMs)).toEqual({ iceServers: [{ urls: ['stun:stun.example.org'] }] })
  })

  it('[T228] are credentials of its own, and new ones when half of their time has passed', () => {
    const desk = new ServerDesk({ turn })
    expect(desk.welcome(a, {}, 0, epochMs)).toEqual(credentialsOf(a, 0))
    expect(desk.welcome(b, {}, 1_000, epochMs + 1_000)).toEqual(credentialsOf(b, 1_000))
    const half = ttlMs / 2
    expect(desk.due(half - 1, epochMs + half - 1)).toEqual([])
    expect(desk.due(half, epochMs + half)).toEqual([{ to: a, servers: credentialsOf(a, half) }])
    expect(desk.due(half, epochMs + half)).toEqual([])
    expect(desk.due(half + 1_000, epochMs + half + 1_000)).toEqual([{ to: b, servers: credentialsOf(b, half + 1_000) }])
    expect(desk.due(2 * half, epochMs + 2 * half)).toEqual([{ to: a, servers: credentialsOf(a, 2 * half) }])
  })

  it('[T228] is nothing more once it is gone, and a crowd is told bit by bit', () => {
    const desk = new ServerDesk({ turn })
    for (let i = 0; i < 2_400; i++) desk.welcome(peerId(i), {}, 0, epochMs)
    desk.leave(peerId(7))
    const told = [1, 2, 3].map(() => desk.due(ttlMs, epochMs + ttlMs).map(({ to }) => to))
    expect(told.map(({ length }) => length)).toEqual([1_000, 1_000, 399])
    expect(new Set(told.flat()).size).toBe(2_399)
    expect(told.flat()).not.toContain(peerId(7))
  })
})
