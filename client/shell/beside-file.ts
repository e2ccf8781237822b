/** Where a file's manifest and hash pages lie: beside it, on whichever host answers for it. */
import { manifestSuffix, pagesSuffix } from '../../shared/manifest.ts'

function beside(url: string, suffix: string): URL {
  const address = new URL(url)
  address.pathname += suffix
  return address
}

export const manifestAddress = (url: string): URL => beside(url, manifestSuffix)
export const pagesAddress = (url: string): URL => beside(url, pagesSuffix)
