/** The hasher that runs in place, and the one on a thread of its own: both keep the same contract. */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { hashFileHere } from '../../origin/shell/file-hash.ts'
import { HashThread } from '../../origin/shell/hash-thread.ts'
import { temporaryFolder } from '../fakes/served-origin.ts'
import { fileHasherContract } from './file-hasher.ts'

describe('hashing in place', () => {
  for (const { name, run } of fileHasherContract(hashFileHere, temporaryFolder)) it(name, run)
})

describe('hashing on a thread', () => {
  const thread = new HashThread()
  afterAll(() => thread.close())
  for (const { name, run } of fileHasherContract(thread.hash, temporaryFolder)) it(name, run)

  it('fails what it had under way when it is closed, and hashes nothing more', async () => {
    const closing = new HashThread()
    const folder = await temporaryFolder()
    const path = join(folder, 'file')
    await writeFile(path, Buffer.alloc(50_000_000))
    const { signal } = new AbortController()
    const hashing = closing.hash(path, signal)
    await closing.close()
    expect(await hashing).toMatchObject({ kind: 'failed', reason: 'the hash worker stopped' })
    expect(await closing.hash(path, signal)).toMatchObject({ kind: 'failed' })
    await rm(folder, { recursive: true })
  })
})
