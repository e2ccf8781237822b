/**
 * Checks the manifests of a folder against the files beside them: everything is hashed anew, nothing is taken from what
 * was kept. Says file by file what is wrong; what a signature says is another's matter.
 */
import { type Bytes, equalBytes, toHex } from '../../shared/bytes.ts'
import { type Manifest, parseManifest } from '../../shared/manifest.ts'
import { forEachAtOnce } from './at-once.ts'
import { sha256 } from './file-hash.ts'
import type { HashQueue } from './hash-queue.ts'
import { ManifestFolder } from './manifest-folder.ts'
import type { PublishedFiles } from './published-files.ts'
import { pathOf, readSiteFolder } from './site-folder.ts'

export interface VerifiedFile {
  path: string
  bytes: number
  /** What is wrong, for people; empty when nothing is. */
  faults: string[]
  /** What is right, and worth knowing. */
  notes: string[]
}

export interface SiteVerifierParts {
  folder: string
  outFolder: string
  files: PublishedFiles
  queue: HashQueue
  /** Looks at what a manifest says beyond its hashes. */
  judge(manifest: Manifest, path: string): Promise<Pick<VerifiedFile, 'faults' | 'notes'>>
  onFile(file: VerifiedFile): void
}

/** As many as the hashing thread takes. */
const atOnceMax = 2

export async function verifySite(parts: SiteVerifierParts, signal: AbortSignal): Promise<VerifiedFile[]> {
  const { manifests, failed } = await readSiteFolder(parts.outFolder)
  const out = new ManifestFolder(parts.outFolder)
  const verified: VerifiedFile[] = failed.map(({ path, reason }) => ({ path, bytes: 0, faults: [reason], notes: [] }))
  await forEachAtOnce(manifests, atOnceMax, signal, async (segments) => {
    const file = await verifyOne(parts, out, segments)
    verified.push(file)
    parts.onFile(file)
  })
  return verified.sort((a, b) => (a.path < b.path ? -1 : 1))
}

async function verifyOne(parts: SiteVerifierParts, out: ManifestFolder, segments: string[]): Promise<VerifiedFile> {
  const path = pathOf(segments)
  const wrong = (...faults: string[]): VerifiedFile => ({ path, bytes: 0, faults, notes: [] })
  try {
    const text = await out.manifestText(segments)
    if (text === undefined) return wrong('its manifest cannot be read, or is too long to be one')
    const manifest = parseManifest(text, sha256)
    if (!manifest.ok) return wrong(manifest.violation)
    const { faults, notes } = await parts.judge(manifest.value, path)
    const own = await faultsOf(parts, out, segments, manifest.value)
    return { path, bytes: manifest.value.geometry.fileBytes, faults: [...own, ...faults], notes }
  } catch (error) {
    return wrong((error as Error).message)
  }
}

async function faultsOf(
  { files, queue }: SiteVerifierParts,
  out: ManifestFolder,
  segments: string[],
  { name, root, geometry, hashes }: Manifest,
): Promise<string[]> {
  const faults = name === segments.at(-1) ? [] : [`its manifest is that of a file called ${name}`]
  const opened = await files.open(segments)
  if (opened.kind === 'failed') return [...faults, opened.reason.message]
  if (opened.kind !== 'file') return [...faults, 'it has a manifest, and is not there']
  await opened.handle.close()
  const { bytes } = opened.version
  if (bytes !== geometry.fileBytes) return [...faults, `it has ${bytes} bytes, its manifest ${geometry.fileBytes}`]
  const outcome = await queue.hash(opened.path, bytes)
  if (outcome.kind === 'changed') return [...faults, 'it changes while it is read']
  if (outcome.kind === 'failed') return [...faults, outcome.reason]
  if (toHex(outcome.file.root) !== root) return [...faults, 'its bytes are not those that its manifest speaks of']
  if (hashes.kind === 'pages' && !(await arePagesRight(out, segments, outcome.file.chunks))) {
    faults.push('its hash pages are missing or wrong')
  }
  return faults
}

async function arePagesRight(out: ManifestFolder, segments: string[], chunks: Bytes): Promise<boolean> {
  const pages = await out.pages(segments, chunks.length)
  return pages !== undefined && equalBytes(pages, chunks)
}
