/**
 * What is remembered of a site's key once one of its signatures held: the newest version of each file, and the key that
 * took its place. So nothing goes back. Knows no signature and no store.
 */
import type { Root } from '../../shared/ids.ts'
import type { KeyId } from '../../shared/public-key.ts'

/** Files of one key that are remembered, the latest ones: a visitor of more has long left the first ones behind. */
export const rememberedFilesMax = 1_000

/** The newest version of one file that was seen. */
export type SeenVersion = [path: string, sequence: number, root: Root]

export interface KeyRecord {
  /** The key that replaced this one. */
  successor?: KeyId
  /** The latest last. */
  files: SeenVersion[]
}

/** Whatever runs on a site's pages, or on this machine, can write where records are kept. */
export function isKeyRecord(value: unknown): value is KeyRecord {
  if (typeof value !== 'object' || value === null || !('files' in value) || !Array.isArray(value.files)) return false
  if ('successor' in value && typeof value.successor !== 'string') return false
  return value.files.every((file) => Array.isArray(file) && typeof file[0] === 'string' && Number.isFinite(file[1]))
}

export interface Version {
  path: string
  sequence: number
  root: Root
}

/** Why a version is not taken after what was seen; undefined when it is. */
export function refusalOf(record: KeyRecord | undefined, { path, sequence, root }: Version): string | undefined {
  if (record?.successor !== undefined) return 'the manifest is signed by a key that another one replaced'
  const seen = record?.files.find(([known]) => known === path)
  // The same bytes again take nothing back, whenever they were signed.
  if (seen === undefined || seen[2] === root || sequence > seen[1]) return undefined
  return sequence < seen[1]
    ? 'the manifest is older than one that was here before'
    : 'the manifest is another one than was here before, under the same number'
}

/** The record with this version in it; what is newer stays. */
export function remembering(record: KeyRecord | undefined, { path, sequence, root }: Version): KeyRecord {
  const seen = record?.files.find(([known]) => known === path)
  const newest: SeenVersion = seen === undefined || sequence > seen[1] ? [path, sequence, root] : seen
  const others = (record?.files ?? []).filter(([known]) => known !== path)
  return { ...record, files: [...others, newest].slice(-rememberedFilesMax) }
}

/** The record of a key that was replaced. The first successor stays: a key that is lost may name others later. */
export const replaced = (record: KeyRecord | undefined, successor: KeyId): KeyRecord => ({
  successor: record?.successor ?? successor,
  files: record?.files ?? [],
})
