/** What every HashFile does: the root of exactly one version of a file, or the reason why there is none. */
import { appendFile, mkdir, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HashFile, HashOutcome } from '../../origin/ports.ts'
import { sha256 } from '../../origin/shell/file-hash.ts'
import { toHex } from '../../shared/bytes.ts'
import { Geometry } from '../../shared/geometry.ts'
import { leafBytes, MiB } from '../../shared/limits.ts'
import { createManifest, parseManifest, printManifest } from '../../shared/manifest.ts'
import { type ContractCase, check, checkEqual, patternBytes } from './contract.ts'

const never = new AbortController().signal

type Case = (hashFile: HashFile, folder: string) => Promise<void>

/** The tree's definition, read literally: halves of a zero-padded row, down to single leaves. */
function rootOf(leaves: Uint8Array[], width: number): Uint8Array {
  if (width === 1) return leaves[0] ?? new Uint8Array(32)
  const half = width / 2
  return sha256(Buffer.concat([rootOf(leaves.slice(0, half), half), rootOf(leaves.slice(half), half)]))
}

function rootOfBytes(bytes: Uint8Array): string {
  const leaves: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += leafBytes) leaves.push(sha256(bytes.subarray(at, at + leafBytes)))
  const width = 2 ** Math.ceil(Math.log2(Math.max(1, leaves.length)))
  return toHex(leaves.length === 0 ? sha256(bytes) : rootOf(leaves, width))
}

const describe = (outcome: HashOutcome) => (outcome.kind === 'failed' ? outcome.reason : outcome.kind)

async function hashOf(hashFile: HashFile, path: string) {
  const outcome = await hashFile(path, never)
  check(outcome.kind === 'hashed', `the file is not hashed but ${describe(outcome)}`)
  return outcome.file
}

const cases: Record<string, Case> = {
  'a file of any length has the root that the definition of the tree gives': async (hashFile, folder) => {
    const lengths = [0, 1, leafBytes - 1, leafBytes, leafBytes + 1, 65_535, 65_536, 65_537, MiB, MiB + 1, 5_000_000]
    for (const length of lengths) {
      const path = join(folder, `${length}`)
      const bytes = patternBytes(length, length)
      await writeFile(path, bytes)
      const file = await hashOf(hashFile, path)
      checkEqual(toHex(file.root), rootOfBytes(bytes), `root of ${length} bytes`)
      checkEqual(file.version.bytes, length, 'size')
      const manifest = createManifest({ name: 'f', type: 'a/b', geometry: new Geometry(length), ...file }, sha256)
      check(parseManifest(printManifest(manifest), sha256).ok, `no manifest can be made of ${length} bytes`)
    }
  },

  'several files at once are each hashed for themselves': async (hashFile, folder) => {
    const files = Array.from({ length: 8 }, (_, i) => ({ path: join(folder, `${i}`), bytes: patternBytes(200_000, i) }))
    for (const { path, bytes } of files) await writeFile(path, bytes)
    const hashed = await Promise.all(files.map(({ path }) => hashOf(hashFile, path)))
    checkEqual(
      hashed.map(({ root }) => toHex(root)),
      files.map(({ bytes }) => rootOfBytes(bytes)),
      'roots',
    )
  },

  'two contents written right after one another are two versions': async (hashFile, folder) => {
    const path = join(folder, 'file')
    await writeFile(path, 'one')
    const one = await hashOf(hashFile, path)
    await writeFile(path, 'two')
    const two = await hashOf(hashFile, path)
    check(one.version.modifiedNs !== two.version.modifiedNs, 'the second version looks like the first one')
    checkEqual(toHex(two.root), toHex(sha256(Buffer.from('two'))), 'root')
  },

  'a file that grows, shrinks or is replaced meanwhile gives no hash of a mixture': async (hashFile, folder) => {
    const path = join(folder, 'file')
    const other = join(folder, 'other')
    const changes = [
      () => appendFile(path, 'x'),
      () => truncate(path, 100),
      () => writeFile(other, 'y').then(() => rename(other, path)),
    ]
    for (const change of changes) {
      await writeFile(path, patternBytes(20 * MiB, 1))
      const hashing = hashFile(path, never)
      await change()
      const outcome = await hashing
      // It may have begun after the change; then it is all of the new version.
      if (outcome.kind === 'hashed') checkEqual((await hashOf(hashFile, path)).root, outcome.file.root, 'root')
      else checkEqual(outcome.kind, 'changed', 'outcome')
    }
  },

  'what is no readable file fails with a reason': async (hashFile, folder) => {
    await mkdir(join(folder, 'folder'))
    for (const [name, reason] of [
      ['none', /ENOENT/],
      ['folder', /not a file|EISDIR/],
    ] as const) {
      const outcome = await hashFile(join(folder, name), never)
      check(outcome.kind === 'failed' && reason.test(outcome.reason), `${name}: ${describe(outcome)}`)
    }
  },

  'after an abort it fails, and hashes the next file': async (hashFile, folder) => {
    const path = join(folder, 'file')
    await writeFile(path, patternBytes(40 * MiB, 1))
    const abort = new AbortController()
    const hashing = hashFile(path, abort.signal)
    abort.abort()
    checkEqual((await hashing).kind, 'failed', 'outcome')
    checkEqual((await hashFile(path, abort.signal)).kind, 'failed', 'outcome with an aborted signal')
    await truncate(path, 10)
    checkEqual((await hashOf(hashFile, path)).version.bytes, 10, 'size')
  },
}

/** @param folder an empty folder for each case */
export function fileHasherContract(hashFile: HashFile, folder: () => Promise<string>): ContractCase[] {
  return Object.entries(cases).map(([name, run]) => ({
    name,
    run: async () => {
      const own = await folder()
      try {
        await run(hashFile, own)
      } finally {
        await rm(own, { recursive: true, force: true })
      }
    },
  }))
}
