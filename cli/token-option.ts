/** The token that `get` and `seed` show their tracker: said, or in a file that somebody keeps fresh. */
import { readFile } from 'node:fs/promises'
import { usageRefusal } from './refusal.ts'

export interface TokenSettings {
  token: string | undefined
  tokenFile: string | undefined
}

/** @throws Refusal when both are said */
export function tokenOption({ token, tokenFile }: TokenSettings): { token?: string | (() => Promise<string>) } {
  if (token !== undefined && tokenFile !== undefined) {
    throw usageRefusal('a token and a file with one are both given: which is it?')
  }
  if (tokenFile !== undefined) return { token: async () => (await readFile(tokenFile, 'utf8')).trim() }
  return token === undefined ? {} : { token }
}
