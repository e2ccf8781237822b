/** The file that the lying origin serves; apart from it, so that a page can know the bytes too. */
import { patternBytes } from '../contract/contract.ts'

export const lyingFile = patternBytes(300_000, 42)
export const lyingFileEtag = '"the-file"'
