/**
 * Goes over a JSON text once and gives the parts that are asked for as they are written, so that what is passed on is
 * neither decoded nor printed again. Texts are bytes as Latin-1 letters. Knows no message; never throws.
 */

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const letterU = 0x75
const controlsEnd = 0x20

const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/** What is nested deeper is no message of anybody's. */
const depthMax = 16

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const wordPattern = /true|false|null/y

export class JsonCursor {
  #text = ''
  #at = 0

  begin(text: string): void {
    this.#text = text
    this.#at = 0
  }

  /** The first letter of what comes next; not a number at the end. */
  peek(): number {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code > controlsEnd || (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09)) return code
      this.#at++
    }
  }

  isAtEnd(): boolean {
    return Number.isNaN(this.peek())
  }

  #take(code: number): boolean {
    if (this.peek() !== code) return false
    this.#at++
    return true
  }

  /** Enters an object. @returns whether there is one */
  object(): boolean {
    return this.#take(openBrace)
  }

  list(): boolean {
    return this.#take(openBracket)
  }

  isText(): boolean {
    return this.peek() === quote
  }

  isObject(): boolean {
    return this.peek() === openBrace
  }

  isList(): boolean {
    return this.peek() === openBracket
  }

  /** The next key of an object, `''` at its end; undefined when the text is broken. A key of no letters counts as broken. */
  key(isFirst: boolean): string | undefined {
    if (this.#take(closeBrace)) return ''
    if (!isFirst && !this.#take(comma)) return undefined
    const key = this.string()
    return key !== undefined && key !== '' && this.#take(colon) ? key : undefined
  }

  /** Whether a list goes on; undefined when the text is broken. */
  item(isFirst: boolean): boolean | undefined {
    if (this.#take(closeBracket)) return false
    return isFirst || this.#take(comma) ? true : undefined
  }

  /** A string as it is written between its quotes, escapes and all. */
  string(): string | undefined {
    if (!this.#take(quote)) return undefined
    const text = this.#text
    const start = this.#at
    for (let at = start; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code === quote) {
        this.#at = at + 1
        return text.slice(start, at)
      }
      if (code < controlsEnd) return undefined
      if (code === backslash) {
        at++
        const length = escapeLength(text, at)
        if (length === 0) return undefined
        at += length - 1
      }
    }
    return undefined
  }

  number(): number | undefined {
    this.peek()
    numberPattern.lastIndex = this.#at
    const [digits] = numberPattern.exec(this.#text) ?? []
    if (digits === undefined) return undefined
    this.#at += digits.length
    return Number(digits)
  }

  /** Goes past any value. @returns whether it is one */
  skip(depth = 0): boolean {
    switch (this.peek()) {
      case quote:
        return this.string() !== undefined
      case openBrace:
        return depth < depthMax && this.#skipObject(depth)
      case openBracket:
        return depth < depthMax && this.#skipList(depth)
      default:
        return this.#skipWord() || this.number() !== undefined
    }
  }

  #skipObject(depth: number): boolean {
    this.#at++
    for (let isFirst = true; ; isFirst = false) {
      if (this.#take(closeBrace)) return true
      if (!isFirst && !this.#take(comma)) return false
      if (this.string() === undefined || !this.#take(colon) || !this.skip(depth + 1)) return false
    }
  }

  #skipList(depth: number): boolean {
    this.#at++
    for (let isFirst = true; ; isFirst = false) {
      const goesOn = this.item(isFirst)
      if (goesOn === undefined) return false
      if (!goesOn) return true
      if (!this.skip(depth + 1)) return false
    }
  }

  #skipWord(): boolean {
    wordPattern.lastIndex = this.#at
    const [word] = wordPattern.exec(this.#text) ?? []
    if (word === undefined) return false
    this.#at += word.length
    return true
  }
}

/** Letters of the escape after its backslash; 0 when it is none. */
function escapeLength(text: string, at: number): number {
  const code = text.charCodeAt(at)
  if (code !== letterU) return code === quote || '\\/bfnrt'.includes(text.charAt(at)) ? (at < text.length ? 1 : 0) : 0
  for (let i = 1; i <= 4; i++) if (!isHexDigit(text.charCodeAt(at + i))) return 0
  return 5
}

const isHexDigit = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66)
