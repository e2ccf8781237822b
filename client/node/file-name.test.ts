import { expect, it } from 'vitest'
import { fileNameOf } from './file-name.ts'

it.each([
  ['http://a.example/games/game-2.1.zip', 'game-2.1.zip'],
  ['http://a.example/a%20b.zip?x=1', 'a b.zip'],
  ['http://a.example/%E6%96%87.zip', '文.zip'],
  ['http://a.example/..%2F..%2Fetc%2Fpasswd', '__.._etc_passwd'],
  ['http://a.example/%2e%2e%5cboot.ini', '__boot.ini'],
  ['http://a.example/a%00b%1b%5b2J.zip', 'a_b_[2J.zip'],
  ['http://a.example/.bashrc', '_bashrc'],
  ['http://a.example/100%.zip', '100%.zip'],
  ['http://a.example/a%E2%80%AEgpj.exe', 'a_gpj.exe'],
])('[H1] %s is saved as %s', (url, name) => {
  expect(fileNameOf(url)).toBe(name)
})

it.each([
  'http://a.example/',
  'http://a.example/folder/',
  'http://a.example/..',
  `http://a.example/${'a'.repeat(300)}`,
])('[H1] %s names no file', (url) => {
  expect(fileNameOf(url)).toBeUndefined()
})
