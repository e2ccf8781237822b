import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it, vi } from 'vitest'
import { lockPath } from './path-lock.ts'

const folder = mkdtempSync(join(tmpdir(), 'nearcast-lock-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('[H4] lets one in at a time, and the next one after it', async () => {
  const path = join(folder, 'one')
  const unlock = await lockPath(path)
  await expect(lockPath(path)).rejects.toMatchObject({ code: 'usage' })
  await unlock()
  expect(existsSync(`${path}.lock`)).toBe(false)
  await (await lockPath(path))()
})

it('[H4] keeps out while another process lives, and takes over what a killed one left', async () => {
  const path = join(folder, 'two')
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  await once(other, 'spawn')
  writeFileSync(`${path}.lock`, String(other.pid))
  await expect(lockPath(path)).rejects.toThrow(`process ${other.pid}`)
  other.kill('SIGKILL')
  await once(other, 'exit')
  await (await lockPath(path))()
  // In a container, the number of a killed process is often one's own.
  writeFileSync(`${path}.lock`, String(process.pid))
  await (await lockPath(path))()
})

it.runIf(process.platform === 'linux')(
  '[H4] takes over from one that was killed and that nobody has reaped',
  async () => {
    const path = join(folder, 'three')
    // A shell that becomes a program which never asks what became of its child.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'])
    const [text] = (await once(parent.stdout, 'data')) as [Buffer]
    const pid = Number(text.toString())
    process.kill(pid, 'SIGKILL')
    await vi.waitFor(() => expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toContain(') Z'))
    writeFileSync(`${path}.lock`, String(pid))
    await (await lockPath(path))()
    parent.kill('SIGKILL')
  },
)
