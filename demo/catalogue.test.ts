import { describe, expect, test } from 'vitest'
import { chosenFile, type DemoFile, kindOf, parseCatalogue } from './catalogue.ts'

const file = (path: string, size: number): DemoFile => ({ path, name: path.slice(1), size, type: 'application/zip' })

describe('the list of files', () => {
  test('is read as the server sends it', () => {
    const catalogue = { files: [file('/a.zip', 5)], egressBytesPerSecondMax: 4_194_304, version: '0.1.0' }
    expect(parseCatalogue(catalogue)).toEqual(catalogue)
  })

  test.each([[null], ['files'], [{}], [{ files: 'none' }]])('%j is no list', (value) => {
    expect(parseCatalogue(value)).toBeUndefined()
  })

  test('leaves out what is no file of this server', () => {
    const files = [
      file('/a.zip', 5),
      file('//elsewhere/b.zip', 5),
      file('https://x/c.zip', 5),
      { path: '/d.zip' },
      null,
    ]
    expect(parseCatalogue({ files })?.files.map(({ path }) => path)).toEqual(['/a.zip'])
  })

  test('a server without a cap says so', () => {
    expect(parseCatalogue({ files: [], egressBytesPerSecondMax: null })?.egressBytesPerSecondMax).toBeNull()
  })
})

describe('the file to show', () => {
  const files = [file('/small.zip', 5), file('/large.zip', 500), file('/middle.zip', 50)]

  test('[D10] is the one in the address', () => {
    expect(chosenFile(files, '/middle.zip')?.path).toBe('/middle.zip')
  })

  test('[D10] is the largest when the address names none, or one that is not there', () => {
    expect(chosenFile(files, null)?.path).toBe('/large.zip')
    expect(chosenFile(files, '/gone.zip')?.path).toBe('/large.zip')
  })

  test('[D10] is the featured one rather than the largest, and after the one in the address', () => {
    const featured = [...files, { ...file('/software', 10), featured: true }]
    expect(chosenFile(featured, null)?.path).toBe('/software')
    expect(chosenFile(featured, '/small.zip')?.path).toBe('/small.zip')
  })

  test('is none when there are none', () => {
    expect(chosenFile([], '/a.zip')).toBeUndefined()
  })
})

test.each([
  ['application/zip', 'ZIP archive'],
  ['video/mp4', 'MP4 video'],
  ['video/x-matroska', 'MATROSKA video'],
  ['text/plain; charset=utf-8', 'text/plain'],
])('%s reads %s', (type, kind) => {
  expect(kindOf(type)).toBe(kind)
})
