/**
 * Patterns of paths, as site owners write them: `*.mp4`, `/downloads/**`. Owns what they mean; knows neither URLs nor
 * folders.
 */

/** Longer than any path that people write by hand, and short enough that matching stays cheap. */
const patternLengthMax = 200

export type PathPattern = (path: string) => boolean

/**
 * `*` stands for anything but a slash, `**` for anything, `**` and a slash for any number of folders. A pattern without a
 * slash is one of the last part alone; any other one is of the whole path.
 * @returns undefined for what is no pattern: empty, too long, or of several words
 */
export function readPathPattern(text: string): PathPattern | undefined {
  if (text === '' || text.length > patternLengthMax || /[\s,]/.test(text)) return undefined
  const isOfName = !text.includes('/')
  const whole = isOfName ? `/**/${text}` : text.startsWith('/') ? text : `/${text}`
  const source = whole
    .split(/(\*\*\/|\*+)/)
    .map((part) => (part === '**/' ? '(?:.*/)?' : part === '*' ? '[^/]*' : /^\*+$/.test(part) ? '.*' : literal(part)))
    .join('')
  const regular = new RegExp(`^${source}$`, 'su')
  return (path) => regular.test(path)
}

const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
