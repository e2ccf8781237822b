/** What the origin needs of its surroundings and may get in more than one form. */
import type { Bytes } from '../shared/bytes.ts'
import type { FileVersion } from './core/file-version.ts'

/** A file's hashes (shared/merkle.ts) and the one version that they are of. */
export interface HashedFile {
  version: FileVersion
  chunks: Bytes
  head: Bytes
  root: Bytes
}

export type HashOutcome =
  | { kind: 'hashed'; file: HashedFile }
  /** The file was written to or replaced meanwhile: what was read is of no one version. */
  | { kind: 'changed' }
  | { kind: 'failed'; reason: string }

/**
 * Hashes a whole file in bounded memory. The version it gives was the file's before, throughout and after. Never
 * rejects; after an abort the outcome is `failed`.
 */
export type HashFile = (path: string, signal: AbortSignal) => Promise<HashOutcome>
