/** The name under which a URL is saved when nobody gave one: chosen by a stranger, and safe all the same. */
import { nameIn } from '../shell/url-name.ts'

/** What common file systems hold, less what the unfinished file and its journal add. */
const nameBytesMax = 255 - '.part.have'.length

/** Separators, control characters, and what Windows refuses or reads as a command. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const unsafe = /[\u0000-\u001f\u007f-\u009f/\\:*?"<>|\u202a-\u202e\u2066-\u2069]/g

/** @returns undefined when the URL names no file, or one with a name too long for a file */
export function fileNameOf(url: string): string | undefined {
  const name = nameIn(url)
    .replace(unsafe, '_')
    // A dot at the start hides a file, and some hidden files are obeyed.
    .replace(/^\.+/, '_')
    .replace(/[. ]+$/, '')
  return name === '' || Buffer.byteLength(name) > nameBytesMax ? undefined : name
}
