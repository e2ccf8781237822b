/** What every bus must do, whether it is memory, a pipe to another process or Redis. */
import type { NodeId } from '../../tracker/core/node-ids.ts'
import type { Topic } from '../../tracker/core/topics.ts'
import { type Bus, type BusListener, digestsPerReadMax } from '../../tracker/ports.ts'
import { type ContractCase, check, checkEqual, Inbox } from './contract.ts'

/** A node on a bus, with what it was told. */
class Listening implements BusListener {
  readonly node: NodeId
  readonly bus: Bus
  readonly heard: Inbox<string>
  readonly read: Inbox<{ topic: Topic; texts: readonly string[] }>
  readonly missed: Inbox<NodeId>

  constructor(node: NodeId, bus: Bus) {
    this.node = node
    this.bus = bus
    this.heard = new Inbox(`messages to ${node}`)
    this.read = new Inbox(`digests for ${node}`)
    this.missed = new Inbox(`nodes that ${node} found gone`)
    bus.open(node, this)
  }

  message(text: string): void {
    this.heard.push(text)
  }

  digests(topic: Topic, texts: readonly string[]): void {
    this.read.push({ topic, texts })
  }

  unheard(node: NodeId): void {
    this.missed.push(node)
  }

  /** What is read of a swarm, again and again until it is as it should be: digests travel in their own time. */
  async reads(topic: Topic, isRight: (texts: readonly string[]) => boolean): Promise<readonly string[]> {
    for (;;) {
      const { length } = this.read.all
      this.bus.readDigests(topic)
      const { texts } = (await this.read.reach(length + 1))[length]!
      if (isRight(texts)) return texts
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

let count = 0

/** A name that no other case uses: a Redis server outlives a case. */
const newNode = () => (++count).toString(36).padStart(6, 'N') as NodeId
const newTopic = () => (++count).toString(16).padStart(40, '0') as Topic

const isAmong = (text: string) => (texts: readonly string[]) => texts.includes(text)

/** @param connect a bus for one more node, which is up when it resolves or soon after */
export function busContract(connect: () => Bus): ContractCase[] {
  const withNodes = (nodeCount: number, run: (nodes: Listening[]) => Promise<void>) => async () => {
    const nodes = Array.from({ length: nodeCount }, () => new Listening(newNode(), connect()))
    try {
      // A node that hears itself called hears everything after it.
      for (const { bus, node, heard } of nodes) await called(bus, node, heard)
      for (const { heard, missed } of nodes) heard.all.length = missed.all.length = 0
      await run(nodes)
    } finally {
      await Promise.all(nodes.map(({ bus }) => bus.close()))
    }
  }

  const called = async (bus: Bus, node: NodeId, heard: Inbox<string>): Promise<void> => {
    while (heard.all.length === 0) {
      bus.publish(node, 'hello')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    // The last of those that were said meanwhile.
    bus.publish(node, 'ready')
    while (!heard.all.includes('ready')) await new Promise((resolve) => setTimeout(resolve, 20))
  }

  return [
    {
      name: 'what is said to one node comes there, in order, and to no other',
      run: withNodes(3, async ([a, b, c]) => {
        for (let i = 0; i < 50; i++) a!.bus.publish(b!.node, `${i} é \u0000`)
        a!.bus.publish(c!.node, 'last')
        await c!.heard.reach(1)
        checkEqual(
          await b!.heard.reach(50),
          Array.from({ length: 50 }, (_, i) => `${i} é \u0000`),
          'heard',
        )
        checkEqual(c!.heard.all, ['last'], 'heard by the other')
        check(a!.bus.isUp, 'a bus that delivers is up')
      }),
    },
    {
      name: 'what is said to all comes to every other node',
      run: withNodes(3, async ([a, b, c]) => {
        a!.bus.publish(undefined, 'all of you')
        checkEqual(await b!.heard.reach(1), ['all of you'], 'heard')
        checkEqual(await c!.heard.reach(1), ['all of you'], 'heard')
      }),
    },
    {
      name: 'a long message comes whole',
      run: withNodes(2, async ([a, b]) => {
        const text = 'x'.repeat(30_000)
        a!.bus.publish(b!.node, text)
        checkEqual(await b!.heard.reach(1), [text], 'heard')
      }),
    },
    {
      name: 'digests of a swarm are read by others, the newest of each node, never by their own node',
      run: withNodes(3, async ([a, b, c]) => {
        const [topic, other] = [newTopic(), newTopic()]
        a!.bus.putDigest(topic, 'old of a', 30_000)
        a!.bus.putDigest(topic, 'new of a', 30_000)
        b!.bus.putDigest(topic, 'of b', 30_000)
        b!.bus.putDigest(other, 'elsewhere', 30_000)
        const texts = await c!.reads(topic, (found) => found.length === 2 && found.includes('new of a'))
        checkEqual([...texts].sort(), ['new of a', 'of b'], 'digests')
        checkEqual(await a!.reads(topic, isAmong('of b')), ['of b'], 'digests for one that wrote')
      }),
    },
    {
      name: 'a digest is gone when its time is over, and a swarm that nobody speaks of has none',
      run: withNodes(2, async ([a, b]) => {
        const topic = newTopic()
        checkEqual(await b!.reads(topic, () => true), [], 'digests of an unknown swarm')
        a!.bus.putDigest(topic, 'long', 30_000)
        await b!.reads(topic, isAmong('long'))
        a!.bus.putDigest(topic, 'short', 150)
        await b!.reads(topic, (texts) => texts.length === 0)
      }),
    },
    {
      name: 'of many nodes a reader is told of a few',
      run: withNodes(digestsPerReadMax + 4, async (nodes) => {
        const topic = newTopic()
        for (const { bus, node } of nodes) bus.putDigest(topic, node, 30_000)
        const texts = await nodes[0]!.reads(topic, (found) => found.length === digestsPerReadMax)
        checkEqual(new Set(texts).size, digestsPerReadMax, 'different ones')
        check(!texts.includes(nodes[0]!.node), 'its own is among them')
      }),
    },
    {
      name: 'who speaks to a node that is gone, or never was, is told so',
      run: withNodes(2, async ([a, b]) => {
        const stranger = newNode()
        await b!.bus.close()
        a!.bus.publish(stranger, 'anybody?')
        a!.bus.publish(b!.node, 'still there?')
        checkEqual(await a!.missed.reach(2), [stranger, b!.node], 'found gone')
        a!.bus.publish(a!.node, 'to one that is there')
        await a!.heard.reach(1)
        checkEqual(a!.missed.all.length, 2, 'found gone')
      }),
    },
    {
      name: 'a node that closed hears nothing more, and nobody waits for it',
      run: withNodes(2, async ([a, b]) => {
        await b!.bus.close()
        a!.bus.publish(b!.node, 'too late')
        a!.bus.publish(a!.node, 'to myself')
        checkEqual(await a!.heard.reach(1), ['to myself'], 'heard')
        checkEqual(b!.heard.all, [], 'heard after closing')
        b!.bus.publish(a!.node, 'from beyond')
        b!.bus.putDigest(newTopic(), 'from beyond', 1_000)
        b!.bus.readDigests(newTopic())
        await b!.bus.close()
      }),
    },
  ]
}
