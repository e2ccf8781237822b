import { describe, expect, it } from 'vitest'
import { savePath } from '../shell/page-save.ts'
import { writeTo } from '../shell/port-stream.ts'
import { Saves } from './saves.ts'

/** A page's end of a file that is to be saved. */
function offered(saves: Saves, save: Parameters<Saves['add']>[0], bytes = new Uint8Array([1, 2, 3])) {
  const { port1, port2 } = new MessageChannel()
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes)
      controller.close()
    },
  })
  const writer = writeTo(port1, body)
  saves.add(save, port2)
  return writer
}

describe('files that a page saves through the worker', () => {
  it('[B77] are given once, as a download and nothing else, under their name', async () => {
    const saves = new Saves()
    const path = savePath('a')
    const writer = offered(saves, { path, name: 'Größe (1)\r\n".iso', fileBytes: 3 })
    const response = saves.take(path)!
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-disposition': "attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%281%29%0D%0A%22.iso",
      'content-length': '3',
      'content-type': 'application/octet-stream',
      'x-content-type-options': 'nosniff',
    })
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2, 3])
    expect(saves.take(path)).toBeUndefined()
    await writer.over
  })

  it('[B77] are at addresses of their own alone, and what is no such message is none', () => {
    const saves = new Saves()
    for (const save of [
      { path: '/index.html', name: 'a', fileBytes: 3 },
      { path: savePath('a'), name: 'a', fileBytes: 0.5 },
      { path: savePath('a'), fileBytes: 3 },
      {},
    ]) {
      offered(saves, save).end()
    }
    expect([saves.take('/index.html'), saves.take(savePath('a'))]).toEqual([undefined, undefined])
  })

  it('[B77] that nobody asks for are few: the first are given up', async () => {
    const saves = new Saves()
    const writers = Array.from({ length: 17 }, (_, i) =>
      offered(saves, { path: savePath(String(i)), name: 'a', fileBytes: 3 }),
    )
    await writers[0]!.over
    expect(saves.take(savePath('0'))).toBeUndefined()
    for (const writer of writers) writer.end()
  })
})
