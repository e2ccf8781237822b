import { beforeEach, describe, expect, test } from 'vitest'
import { FakeClient } from '../test/fakes/demo-client.ts'
import type { DemoFile } from './catalogue.ts'
import { Session } from './session.ts'

const file: DemoFile = { path: '/game.zip', name: 'game.zip', size: 1_000_000, type: 'application/zip' }
const other: DemoFile = { ...file, path: '/film.mp4', name: 'film.mp4' }

let created: FakeClient[]
let changes: number
const session = (sharing = true) =>
  new Session(
    () => ({
      createClient(options) {
        const client = new FakeClient(options, 'alone')
        created.push(client)
        return client
      },
    }),
    { sharing, keepsOnDevice: true },
    () => changes++,
  )

beforeEach(() => {
  created = []
  changes = 0
})

describe('the large button', () => {
  test('before it is pressed there is no client', () => {
    const tab = session()
    tab.sharing = false
    tab.sharing = true
    expect(tab.stateOf(file)).toBe('idle')
    expect(created).toEqual([])
  })

  test('downloads, pauses, resumes', () => {
    const tab = session()
    tab.press(file)
    created[0]!.advance(300)
    expect(tab.stateOf(file)).toBe('running')
    tab.press(file)
    expect(tab.stateOf(file)).toBe('paused')
    tab.press(file)
    expect(tab.stateOf(file)).toBe('running')
  })

  test('saves once the file is complete', async () => {
    const tab = session()
    tab.press(file)
    created[0]!.advance(60_000)
    expect(tab.stateOf(file)).toBe('done')
    tab.press(file)
    expect(tab.entry(file)?.save).toBe('saving')
    await created[0]!.settled()
    expect(tab.entry(file)?.save).toBe('saved')
  })

  test('starts anew after a cancel', () => {
    const tab = session()
    tab.press(file)
    tab.cancel(file)
    expect(tab.stateOf(file)).toBe('cancelled')
    tab.press(file)
    expect(tab.stateOf(file)).toBe('starting')
  })

  test('two files share one client', () => {
    const tab = session()
    tab.press(file)
    tab.press(other)
    expect(created).toHaveLength(1)
    expect(tab.stateOf(other)).toBe('starting')
  })
})

describe('sharing', () => {
  test('off before the start means that the client never had consent', () => {
    const tab = session(false)
    tab.press(file)
    expect(created[0]!.stats().consent).toBe('denied')
  })

  test('switched off midway it is withdrawn at once', () => {
    const tab = session()
    tab.press(file)
    tab.sharing = false
    expect(created[0]!.stats()).toMatchObject({ consent: 'denied', peers: [] })
  })
})

describe('what goes wrong', () => {
  test('a script that did not load is told, and the next press tries again', () => {
    const tab = new Session(
      () => undefined,
      { sharing: true, keepsOnDevice: true },
      () => changes++,
    )
    tab.press(file)
    expect(tab.stateOf(file)).toBe('failed')
    expect(tab.entry(file)?.failure?.message).toContain('did not load')
    expect(changes).toBe(1)
  })

  test('a failed download keeps its code, and a cancelled one is no failure', async () => {
    const tab = session()
    tab.press(file)
    created[0]!.fail(file.path, 'corrupt-origin', 'chunk 3 is wrong')
    await created[0]!.settled()
    expect(tab.entry(file)?.failure).toEqual({ code: 'corrupt-origin', message: 'chunk 3 is wrong' })
    tab.press(file)
    tab.cancel(file)
    await created[0]!.settled()
    expect(tab.entry(file)?.failure).toBeUndefined()
  })
})
