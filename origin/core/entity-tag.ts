/** Entity tags (RFC 9110 §8.8.3): their text, their lists, and the two ways to compare them. */

export interface EntityTag {
  weak: boolean
  /** What stands between the quotes. */
  opaque: string
}

const tagPattern = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/y

/** The longest list looked at: about a hundred tags; whoever holds more versions than that can have the file again. */
const listLengthMax = 8192

/** One entity tag and nothing else, or undefined. */
export function parseEntityTag(text: string): EntityTag | undefined {
  tagPattern.lastIndex = 0
  const match = tagPattern.exec(text)
  return match === null || tagPattern.lastIndex !== text.length ? undefined : tagOf(match)
}

const tagOf = (match: RegExpExecArray): EntityTag => ({ weak: match[1] !== undefined, opaque: match[2]! })

/** `*`, or the tags of a comma-separated list. What is no entity tag is skipped: it cannot match anything. */
export function parseEntityTags(header: string): '*' | EntityTag[] {
  if (header.trim() === '*') return '*'
  const tags: EntityTag[] = []
  if (header.length > listLengthMax) return tags
  let at = 0
  while (at < header.length) {
    while (header[at] === ' ' || header[at] === '\t' || header[at] === ',') at++
    tagPattern.lastIndex = at
    const match = tagPattern.exec(header)
    const end = match === null ? at : tagPattern.lastIndex
    const comma = header.indexOf(',', end)
    const next = comma < 0 ? header.length : comma
    if (match !== null && header.slice(end, next).trim() === '') tags.push(tagOf(match))
    at = next + 1
  }
  return tags
}

/** Byte for byte the same representation. */
export const strongMatch = (a: EntityTag, b: EntityTag) => !a.weak && !b.weak && a.opaque === b.opaque

/** As good as the same. */
export const weakMatch = (a: EntityTag, b: EntityTag) => a.opaque === b.opaque

export const printEntityTag = (tag: EntityTag) => `${tag.weak ? 'W/' : ''}"${tag.opaque}"`
