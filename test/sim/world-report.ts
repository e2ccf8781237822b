/** What everybody in a world did, for assertions and tables. */
import type { World } from './world.ts'

export interface WorldReport {
  /** What the origin sent, in files. */
  originCopies: number
  /** Of each peer that stayed and had to fetch the file, in order of length; infinite for one that is not done. */
  doneMs: number[]
  /** Verified bytes from peers over all verified bytes. */
  offload: number
  failures: string[]
  /** Bytes that came to peers and were of no use, in files a peer. */
  wastedCopies: number
  /** The share of what uplinks could have sent, until the last was done, that they sent. */
  uplinkUse: number
}

export function reportOf({ nodes, origin, file, time }: World): WorldReport {
  const stayed = nodes.filter((node) => !node.isGone)
  const fetched = stayed.filter(({ plan }) => !plan.isSeeder)
  const sum = (of: (node: (typeof nodes)[number]) => number) => stayed.reduce((total, node) => total + of(node), 0)
  const doneMs = fetched.map(({ doneAt, startedAt }) => (doneAt ?? Number.POSITIVE_INFINITY) - startedAt)
  const [peers, fromOrigin] = [sum(({ bytes }) => bytes.peers), sum(({ bytes }) => bytes.origin)]
  const lastAt = stayed.reduce((last, { doneAt }) => Math.max(last, doneAt ?? time.now), 0)
  const { fileBytes } = file.geometry
  const capacity = sum(({ plan, startedAt }) => (plan.upBytesPerSecond * (lastAt - startedAt)) / 1_000)
  return {
    originCopies: origin.sentBytes / fileBytes,
    doneMs: doneMs.sort((a, b) => a - b),
    offload: peers / (peers + fromOrigin),
    failures: stayed.flatMap(({ failure }) => failure ?? []),
    wastedCopies: sum(({ engine }) => engine.core.wastedBytes) / fileBytes / fetched.length,
    uplinkUse: sum(({ up }) => up.sentBytes) / capacity,
  }
}
