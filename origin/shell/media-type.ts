/** The media type of a file by its name's ending. */
import { extname } from 'node:path'
import { contentType } from 'mime-types'

/** What a browser stores and never shows or runs. */
const unknownType = 'application/octet-stream'

export function mediaTypeOf(name: string): string {
  const ending = extname(name)
  // Asked about a name without a dot, the package would take the name itself for an ending.
  return (ending !== '' && contentType(ending)) || unknownType
}
