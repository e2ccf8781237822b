import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KiB } from '../../shared/limits.ts'
import type { WireMessage } from '../../shared/wire.ts'
import { EngineDriver, flip, Puppet, peerId } from '../fakes/engine-driver.ts'

const chunkCount = 6
const chunkBytes = 64 * KiB
const names = ['a', 'b', 'c', 'd']

const small = fc.nat({ max: 9 })
const wild = fc.oneof(small, fc.nat({ max: 2 ** 32 - 1 }))
const name = fc.constantFrom(...names)

/** What a peer may say, true or not. Slots are mostly the puppets' own. */
const slot = fc.oneof({ weight: 5, arbitrary: fc.constant(5) }, { weight: 1, arbitrary: fc.nat({ max: 65_535 }) })
const message: fc.Arbitrary<WireMessage> = fc.oneof(
  fc.record({
    type: fc.constant('hello' as const),
    version: fc.constantFrom(1, 2),
    instance: fc.uint8Array({ minLength: 8, maxLength: 8 }),
    frameBytesMax: wild,
  }),
  fc.record({
    type: fc.constant('attach' as const),
    slot,
    swarm: fc.constant(new Uint8Array(20).fill(0xab)),
    have: fc.uint8Array({ maxLength: 2 }),
  }),
  fc.record({ type: fc.constant('detach' as const), slot }),
  fc.record({ type: fc.constant('decline' as const), slot: fc.nat({ max: 3 }) }),
  fc.record({
    type: fc.constantFrom('have' as const, 'lost' as const),
    slot,
    indexes: fc.array(small, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({
    type: fc.constant('request' as const),
    slot,
    parts: fc.array(
      fc.record({
        index: small,
        offset: fc.constantFrom(0, 1, 1_000),
        length: fc.constantFrom(0, 1, 1_000, chunkBytes, 2 ** 32 - 1),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  fc.record({ type: fc.constant('cancel' as const), slot, index: small }),
  fc.record({
    type: fc.constant('refuse' as const),
    slot,
    index: small,
    reason: fc.constantFrom('missing' as const, 'busy' as const, 'off' as const),
  }),
  fc.record({ type: fc.constant('claim' as const), slot, first: small, count: wild, withinMs: wild }),
  fc.record({ type: fc.constant('ping' as const), nonce: wild }),
  fc.record({ type: fc.constant('pong' as const), nonce: wild, clock: wild }),
  fc.record({ type: fc.constant('bye' as const), reason: fc.constant('leaving' as const) }),
  fc.record({
    type: fc.constant('data' as const),
    slot,
    index: small,
    offset: fc.constantFrom(0, 1, 1_000),
    payload: fc.uint8Array({ minLength: 1, maxLength: 9 }),
  }),
)

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('meet' as const), name }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('say' as const), name, message }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('noise' as const), name, frame: fc.uint8Array({ maxLength: 40 }) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('serve' as const), name, isWrong: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('run' as const),
      bytes: fc.constantFrom(1, 10_000, 70_000, 400_000),
      isWrong: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('runOver' as const),
      how: fc.constantFrom('ended' as const, 'failed' as const, 'gone' as const, 'changed' as const),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('hash' as const), isRight: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), isHere: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 50, 700, 4_000, 40_000) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('want' as const),
      want: fc.nat({ max: 2 }),
      from: fc.nat({ max: 400_000 }),
      to: fc.nat({ max: 500_000 }),
      order: fc.constantFrom('stream' as const, 'bulk' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('unwant' as const), want: fc.nat({ max: 2 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('store' as const),
      held: fc.array(small, { maxLength: 3 }),
      lost: fc.nat({ max: chunkCount - 1 }),
      isFull: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('reading' as const),
      want: fc.nat({ max: 2 }),
      position: fc.nat({ max: 400_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('link' as const),
      name,
      how: fc.constantFrom('closed' as const, 'drained' as const, 'open' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('call' as const),
      name,
      session: fc.constantFrom('1', '2'),
      busy: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('switch' as const),
      what: fc.constantFrom(
        'consent',
        'no consent',
        'pressure',
        'no pressure',
        'tracker lost',
        'welcome',
        'edges',
        'shut',
        'open',
        'no uploads',
        'uploads',
        'slow uploads',
      ),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Does what a step says; the driver checks the books after each input. */
class Chaos {
  readonly driver = new EngineDriver({ chunkCount, chunkBytes, isManual: true, linkCountMax: 3, hasEdges: true })
  #digested = 0
  #read = 0

  puppet = (of: string) => new Puppet(this.driver, peerId(of))

  take(step: Step): void {
    const { driver } = this
    const { swarm } = driver.file
    switch (step.do) {
      case 'meet': {
        const puppet = this.puppet(step.name)
        driver.introduce([puppet.id])
        puppet.open()
        puppet.greet(`${names.indexOf(step.name)}`.repeat(16))
        puppet.attach([0, 1, 2, 3, 4])
        return
      }
      case 'say':
        return void this.puppet(step.name).say(step.message)
      case 'noise':
        return void this.puppet(step.name).frame(step.frame)
      case 'serve': {
        const puppet = this.puppet(step.name)
        const asked = driver.engine.core.remotes.get(puppet.id)?.transfers.get(swarm)?.keys().next().value
        if (asked !== undefined) puppet.send(asked, step.isWrong ? flip : undefined)
        return
      }
      case 'run':
        return this.#feed(step.bytes, step.isWrong)
      case 'runOver': {
        const run = this.#runs[0]
        if (run === undefined) return
        if (step.how === 'ended') driver.give({ type: 'runEnded', run })
        else driver.failRun(run, { retry: step.how === 'failed', changed: step.how === 'changed' })
        return
      }
      case 'hash':
        return this.#hash(step.isRight)
      case 'read': {
        const next = driver.all('read')[this.#read]
        if (!next) return
        this.#read++
        const bytes = step.isHere ? driver.file.chunk(next.index) : undefined
        return void driver.give({ type: 'chunkRead', swarm, index: next.index, bytes })
      }
      case 'pass':
        return driver.pass(step.ms)
      case 'want':
        return void driver.want(step.order, Math.min(step.from, step.to), step.to, step.want)
      case 'unwant':
        return void driver.unwant(step.want)
      case 'store':
        driver.give({ type: 'held', swarm, indexes: step.held })
        return void driver.give({ type: 'lost', swarm, index: step.lost, isFull: step.isFull })
      case 'reading':
        return void driver.give({ type: 'reading', swarm, want: step.want, position: step.position })
      case 'link': {
        const peer = peerId(step.name)
        if (step.how === 'closed') driver.give({ type: 'linkClosed', peer })
        else if (step.how === 'open') driver.give({ type: 'linkOpen', peer, frameBytesMax: 1, roomBytes: 0 })
        else driver.give({ type: 'drained', peer, roomBytes: 100_000 })
        return
      }
      case 'call': {
        const { session } = step
        const signal = step.busy
          ? { session, busy: true as const }
          : { session, description: { type: 'offer' as const, sdp: 'x' } }
        return void driver.tracker({ type: 'signal', from: peerId(step.name), tier: 'network', signal })
      }
      case 'switch':
        return this.#switch(step.what)
    }
  }

  get #runs(): number[] {
    return [...(this.driver.engine.core.swarms.get(this.driver.file.swarm)?.runs.keys() ?? [])]
  }

  #feed(length: number, isWrong: boolean): void {
    const { driver } = this
    const run = driver.engine.core.swarms.get(driver.file.swarm)?.runs.get(this.#runs[0] ?? 0)
    if (!run) return
    const { at, to } = run
    if (isWrong) driver.give({ type: 'runBytes', run: run.id, bytes: new Uint8Array(length) })
    else driver.feed(run.id, at, Math.min(to, at + length))
  }

  #hash(isRight: boolean): void {
    const next = this.driver.all('digest')[this.#digested]
    if (!next) return
    this.#digested++
    if (isRight) this.driver.digest(next)
    else this.driver.give({ ...next, type: 'digested', hash: new Uint8Array(32) })
  }

  #switch(what: string): void {
    const { driver } = this
    if (what.endsWith('consent')) driver.consent(what === 'consent')
    else if (what.endsWith('pressure')) driver.give({ type: 'pressure', on: what === 'pressure' })
    else if (what === 'tracker lost') driver.give({ type: 'trackerClosed' })
    else if (what === 'welcome') driver.tracker({ type: 'welcome', id: peerId('m') })
    else if (what === 'edges') driver.tracker({ type: 'servers', edges: ['https://a.example/', 'https://b.example/'] })
    else if (what === 'shut') driver.give({ type: 'shut', swarm: driver.file.swarm })
    else if (what === 'open') driver.open(true)
    else driver.give({ type: 'uploadRate', bytesPerSecondMax: { 'no uploads': 0, uploads: Infinity }[what] ?? 10_000 })
  }

  /** The world is well again: an honest origin alone. */
  heal(): void {
    const { driver } = this
    this.#switch('no consent')
    this.#switch('no pressure')
    this.#switch('open')
    for (let want = 0; want < 3; want++) driver.unwant(want)
    driver.want('bulk', 0, driver.file.geometry.fileBytes, 9)
    for (let round = 0; round < 200 && !driver.swarm.have.isFull; round++) {
      for (let count = driver.all('digest').length; this.#digested < count; ) this.#hash(true)
      this.#feed(1_000_000, false)
      const [run] = this.#runs
      const state = run === undefined ? undefined : driver.swarm.runs.get(run)
      if (state && state.at >= state.to) driver.give({ type: 'runEnded', run: state.id })
      driver.pass(1_000)
    }
  }
}

describe('an engine in chaos', () => {
  it('[C1] [C7] whatever comes in whatever order: nothing throws, no count is wrong, nothing false is kept, and an honest origin ends it well', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const chaos = new Chaos()
        const { driver } = chaos
        driver.start()
        for (const each of steps) chaos.take(each)
        // A chunk's hash is zeros when its bytes are not the file's.
        for (const { index, bytes } of driver.all('keep')) expect(driver.file.digest(index, bytes)[4]).toBe(9)
        chaos.heal()
        expect(driver.swarm.have.isFull).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})
