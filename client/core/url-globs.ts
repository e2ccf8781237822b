/**
 * Which paths of a site a list such as `/downloads/**, *.mp4` means. A pattern with a slash is for the whole path, one
 * without for its last part; `*` stands for anything but a slash, `**` for anything. Paths are as they stand in URLs.
 */

import { wordsIn } from '../../shared/word-list.ts'

/** A site's list is written by hand; more is a mistake, and each costs every request. */
const globCountMax = 64
const globTextMax = 256

export type PathTest = (pathname: string) => boolean

/** @returns the list's patterns; undefined when it is too long */
export function splitGlobs(text: string): string[] | undefined {
  const globs = wordsIn(text)
  return globs.length > globCountMax || globs.some((glob) => glob.length > globTextMax) ? undefined : globs
}

/** @returns undefined when the list is too long */
export function readGlobs(text: string): PathTest | undefined {
  const tests = splitGlobs(text)?.map(testOf)
  return tests && ((pathname) => tests.some((test) => test(pathname)))
}

function testOf(glob: string): PathTest {
  if (glob.includes('/')) return (pathname) => matches(glob.startsWith('/') ? glob : `/${glob}`, pathname)
  return (pathname) => matches(glob, pathname.slice(pathname.lastIndexOf('/') + 1))
}

/**
 * Goes back only to the last star of each kind, so that no pattern takes longer than its length times the path's.
 */
function matches(glob: string, text: string): boolean {
  let [at, from] = [0, 0]
  let star: { at: number; from: number } | undefined
  let deep: { at: number; from: number } | undefined
  while (from < text.length) {
    if (glob.startsWith('**', at)) {
      at += 2
      deep = { at, from }
      star = undefined
    } else if (glob[at] === '*') {
      at += 1
      star = { at, from }
    } else if (at < glob.length && glob[at] === text[from]) {
      at++
      from++
    } else if (star && text[star.from] !== '/') {
      star.from++
      at = star.at
      from = star.from
    } else if (deep) {
      deep.from++
      at = deep.at
      from = deep.from
      star = undefined
    } else return false
  }
  return /^\**$/.test(glob.slice(at))
}
