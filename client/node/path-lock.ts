/**
 * One process at a time at an unfinished file or a folder of ours: a file beside it names who. One that a killed
 * process left behind is taken over.
 */
import { open, readFile, rm } from 'node:fs/promises'
import { NearcastError } from '../api.ts'

export const lockSuffix = '.lock'

/** What this process holds: in a container a process often has the number of the one that was killed before it. */
const held = new Set<string>()

/** Killed, and its parent has not looked yet: in a container often nobody ever does. Only Linux tells. */
async function isZombie(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat.slice(stat.lastIndexOf(')')).startsWith(') Z')
}

async function isAlive(pid: number): Promise<boolean> {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return !(await isZombie(pid))
  } catch (error) {
    // Somebody else's process is alive all the same.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** @returns a function that lets it go @throws NearcastError `usage` while another process is at it */
export async function lockPath(path: string): Promise<() => Promise<void>> {
  const name = path + lockSuffix
  const inUse = (who: string) => new NearcastError('usage', `${path} is being worked on by ${who}`)
  if (held.has(name)) throw inUse('this process')
  held.add(name)
  try {
    const owner = Number(await readFile(name, 'utf8').catch(() => 'nobody'))
    if (Number.isInteger(owner) && (await isAlive(owner))) {
      throw inUse(`process ${owner}; if there is no such nearcast, remove ${name}`)
    }
    await rm(name, { force: true })
    // Two that find the same one stale: only one of them makes the new one.
    const handle = await open(name, 'wx')
    await handle.writeFile(String(process.pid)).finally(() => handle.close())
  } catch (error) {
    held.delete(name)
    throw error
  }
  return async () => {
    await rm(name, { force: true })
    held.delete(name)
  }
}
