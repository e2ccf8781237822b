/**
 * What one join costs in the tracker's core, by the size of its swarm: told of eight peers, with the message read and the
 * answer made, without sockets. Run by bench/tracker-core.mjs; `--json` prints the figures alone.
 */
import { parseArgs } from 'node:util'
import type { PeerId, SwarmId } from '../shared/ids.ts'
import { createRng } from '../shared/rng.ts'
import { realAddress } from '../test/sim/real-addresses.ts'
import type { TrackerMachine } from '../tracker/core/tracker-machine.ts'
import type { Verdict } from './aims.ts'
import { median } from './median.ts'

const sizes = [100, 1_000, 10_000, 50_000] as const

const aimUs = 20

/** From the smallest swarm to the largest: more than this is a cost that grows with the swarm. */
const growthMax = 1.5

const roundCount = 5
const joinsPerRound = 4_000
const want = 8
const regionCount = 4
const swarm = 'a'.repeat(40) as SwarmId

/** Between two joins: 200 a second, so that introductions end while others begin. */
const msBetween = 5

/** Newcomers that join one after another under one clock: few beside the smallest swarm, many beside what the clock costs. */
const batchSize = 20

const unlimited = 1e9

export interface JoinCost {
  size: number
  /** Of the rounds the middle one's mean. */
  us: number
  bytesPerMember: number
}

export interface CoreFigures {
  joins: JoinCost[]
  growth: number
}

/** As it is built: what runs here is not made fast. */
type Machine = typeof TrackerMachine

class FilledSwarm {
  readonly size: number
  readonly bytesPerMember: number
  readonly #machine: TrackerMachine
  readonly #rng = createRng([1, 2, 3, 4])
  readonly #text = JSON.stringify({ type: 'join', swarm, have: 0.5, want })
  #count = 0
  #now = 0

  constructor(size: number, Machine: Machine) {
    this.size = size
    this.#machine = new Machine({
      rng: this.#rng,
      limits: { connectionsMax: unlimited, connectionsPerAddressMax: unlimited },
    })
    const before = usedBytes()
    for (let i = 0; i < size; i++) {
      const id = this.#connect()
      this.#machine.handle(id, { type: 'join', swarm, have: i % 3 === 0 ? 1 : 0.5, want: 0 }, this.#now)
    }
    this.bytesPerMember = Math.round((usedBytes() - before) / size)
  }

  #connect(): PeerId {
    const region = this.#rng.below(regionCount)
    const { address, asn } = realAddress(region, this.#rng)
    const id = String(this.#count++).padStart(22, 'p') as PeerId
    const location = { asn, country: `Z${region}`, region: `region-${region}`, continent: `C${region % 2}` }
    this.#machine.connect(id, Uint8Array.from(address), location, this.#now)
    return id
  }

  /** What the joins of newcomers take of a processor, each; they leave soon, so that the swarm keeps its size. */
  round(): number {
    let tookUs = 0
    for (let i = 0; i < joinsPerRound; i += batchSize) {
      const ids = Array.from({ length: batchSize }, () => this.#connect())
      const before = process.cpuUsage()
      const answers = ids.map((id, place) => this.#machine.receive(id, this.#text, this.#now + place * msBetween))
      const { user, system } = process.cpuUsage(before)
      tookUs += user + system
      for (const [answer] of answers) {
        if (answer?.type !== 'send' || answer.message.type !== 'peers' || answer.message.peers.length !== want) {
          throw new Error(`a join was answered by ${JSON.stringify(answer)}`)
        }
      }
      for (const id of ids) this.#machine.disconnect(id)
      this.#now += batchSize * msBetween
    }
    return tookUs / joinsPerRound
  }
}

function usedBytes(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/** Rounds of all sizes in turn, so that a busy moment of the machine does not fall on one size alone. */
function measureCore(Machine: Machine): CoreFigures {
  const swarms = sizes.map((size) => new FilledSwarm(size, Machine))
  for (const one of swarms) one.round()
  const rounds = Array.from({ length: roundCount }, () => swarms.map((one) => one.round()))
  const joins = swarms.map(({ size, bytesPerMember }, i) => ({
    size,
    us: round(median(rounds.map((each) => each[i]!))),
    bytesPerMember,
  }))
  return { joins, growth: round(joins.at(-1)!.us / joins[0]!.us) }
}

const round = (value: number): number => Number(value.toFixed(2))

export function coreVerdict({ joins, growth }: CoreFigures): Verdict {
  const { size, us } = joins.at(-1)!
  return {
    measured: `${us} µs in a swarm of ${size.toLocaleString('en')}, ${growth} × that of one of ${joins[0]!.size}`,
    isReached: us <= aimUs && growth <= growthMax,
  }
}

/** A table of Markdown. */
export function coreDetails({ joins }: CoreFigures): string[] {
  const rows = joins.map(({ size, us, bytesPerMember }) => {
    return `| ${size.toLocaleString('en')} | ${us} | ${bytesPerMember.toLocaleString('en')} |`
  })
  return ['| members | join, µs | bytes of heap a member |', '| ---: | ---: | ---: |', ...rows]
}

export function main(args: string[], Machine: Machine): void {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } })
  const figures = measureCore(Machine)
  if (values.json) console.log(JSON.stringify(figures))
  else console.log([...coreDetails(figures), '', coreVerdict(figures).measured].join('\n'))
}
