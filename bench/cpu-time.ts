/**
 * Processor time of all processes below this one, from Linux's /proc. On a machine that others use as well it says
 * what a contender costs when the clock says who else was busy. Knows no contender.
 */
import { readdirSync, readFileSync } from 'node:fs'

/** USER_HZ: proc(5) counts in it, and Linux has it at 100 everywhere that Node runs. */
const ticksPerSecond = 100

interface Times {
  parent: number
  seconds: number
}

function timesOf(pid: string): Times | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name may hold spaces and brackets: fields are counted from after the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { parent: Number(fields[1]), seconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond }
  } catch {
    return undefined // it ended meanwhile
  }
}

/** Seconds of processor time by process, of those below this one that live now; empty where there is no /proc. */
export function cpuSecondsByProcess(): Map<number, number> {
  const all = new Map<number, Times>()
  for (const name of process.platform === 'linux' ? readdirSync('/proc') : []) {
    const times = /^\d+$/.test(name) ? timesOf(name) : undefined
    if (times) all.set(Number(name), times)
  }
  const below = new Map<number, number>()
  for (const [pid, { seconds }] of all) {
    let at: number | undefined = all.get(pid)!.parent
    while (at && at !== process.pid) at = all.get(at)?.parent
    if (at) below.set(pid, seconds)
  }
  return below
}

/** What was spent since `before`, by processes that still live. */
export function cpuSecondsSince(before: ReadonlyMap<number, number>): number {
  let sum = 0
  for (const [pid, seconds] of cpuSecondsByProcess()) sum += seconds - (before.get(pid) ?? 0)
  return sum
}
