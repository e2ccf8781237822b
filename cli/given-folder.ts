/** A folder that somebody named on the command line. */
import { statSync } from 'node:fs'
import { usageRefusal } from './refusal.ts'

export const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/** @throws Refusal when it is none */
export function requireFolder(path: string): string {
  if (isFolder(path)) return path
  throw usageRefusal(`${path} is no folder`)
}
