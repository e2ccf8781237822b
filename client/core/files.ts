/** What readers and downloads ask of the engine: files opened, wanted, read and left, and what their store holds of them. */
import type { SwarmId } from '../../shared/ids.ts'
import type { Arrivals } from './arrivals.ts'
import type { Attachments } from './attachments.ts'
import type { Core } from './core.ts'
import type { Downloads } from './downloads.ts'
import type { Input } from './engine-events.ts'
import { noteHave, tellLost } from './haves.ts'
import type { OriginRuns } from './origin-runs.ts'
import { ReadPace } from './read-pace.ts'
import { Swarm } from './swarm.ts'
import type { TrackerSession } from './tracker-session.ts'
import type { Uploads } from './uploads.ts'

type Of<T extends Input['type']> = Extract<Input, { type: T }>

export interface FilesParts {
  core: Core
  session: TrackerSession
  arrivals: Arrivals
  attachments: Attachments
  downloads: Downloads
  runs: OriginRuns
  uploads: Uploads
}

export class Files {
  readonly #parts: FilesParts

  constructor(parts: FilesParts) {
    this.#parts = parts
  }

  /** @param isConsented whether the file's swarm may be joined */
  open(input: Of<'open'>, isConsented: boolean, now: number): void {
    const { core, runs, session } = this.#parts
    if (core.swarms.has(input.swarm)) return
    const swarm = new Swarm(input.swarm, input.manifest, input.hashes, input)
    core.swarms.set(input.swarm, swarm)
    if (input.run) runs.adopt(swarm, input.run, now)
    session.update(isConsented, now)
  }

  held(swarm: Swarm, indexes: readonly number[], now: number): void {
    const { core, downloads, runs, uploads } = this.#parts
    for (const index of indexes) {
      if (index >= swarm.geometry.chunkCount || !swarm.keep(index)) continue
      swarm.reached(index, now)
      for (const transfer of swarm.flights.get(index) ?? []) downloads.takeBack(swarm, transfer, now)
      noteHave(core, swarm, index, now)
      uploads.gained(swarm.geometry.lengthOf(index), now)
      runs.overtaken(swarm, index)
    }
    this.#plan(swarm, now)
  }

  shut(id: SwarmId, isConsented: boolean, now: number): void {
    const { core, session, arrivals, attachments, downloads, runs, uploads } = this.#parts
    const swarm = core.swarms.get(id)
    if (!swarm) return
    runs.closeAll(swarm)
    swarm.wants.clear()
    downloads.trim(swarm, now)
    session.leave(swarm)
    for (const remote of core.remotes.values()) uploads.drop(remote, id)
    attachments.leave(id)
    arrivals.forget(swarm)
    core.swarms.delete(id)
    session.update(isConsented, now)
  }

  want(swarm: Swarm, input: Of<'want'>, now: number): void {
    const [first, end] = swarm.geometry.chunksOver(input.from, Math.min(input.to, swarm.geometry.fileBytes))
    const pace = input.order === 'stream' ? { pace: new ReadPace(input.from, swarm.have.has(first), now) } : {}
    swarm.wants.set(input.want, { order: input.order, first, end, position: first, ...pace })
    if (swarm.failed || swarm.originGone !== undefined) swarm.revive()
    this.#plan(swarm, now)
    this.#parts.session.joinSoon(swarm, now)
  }

  reading(swarm: Swarm, input: Of<'reading'>, now: number): void {
    const want = swarm.wants.get(input.want)
    if (!want) return
    want.position = Math.min(want.end, swarm.geometry.chunkAt(input.position))
    want.pace?.moved(input.position, swarm.have.has(want.position), now)
    this.#plan(swarm, now)
  }

  unwant(swarm: Swarm, input: Of<'unwant'>, now: number): void {
    const { downloads, runs } = this.#parts
    swarm.wants.delete(input.want)
    downloads.trim(swarm, now)
    if (swarm.wants.size === 0) runs.closeAll(swarm)
  }

  lost(swarm: Swarm, { index, isFull }: Of<'lost'>, now: number): void {
    if (!swarm.lose(index)) return
    tellLost(this.#parts.core, swarm, index)
    if (isFull && swarm.isWantedWhole(index)) {
      // To bring it again would only push out another one.
      this.#parts.runs.fail(swarm, 'storage', 'there is no room to keep the whole file')
      return
    }
    this.#plan(swarm, now)
  }

  #plan(swarm: Swarm, now: number): void {
    this.#parts.runs.plan(swarm, now)
    this.#parts.downloads.plan(now)
  }
}
