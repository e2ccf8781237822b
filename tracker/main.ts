/** The tracker as a part of a server: puts the machine and the sockets together. */
import { createHmac, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { PeerId } from '../shared/ids.ts'
import { resumeIn, type TrackerMessage } from '../shared/tracker-messages.ts'
import { Door, renewAllowances } from './core/admission.ts'
import { Bans } from './core/bans.ts'
import { CandidateScreen } from './core/candidate-policy.ts'
import type { TrackerEffect } from './core/effects.ts'
import { Exposure } from './core/exposure.ts'
import { Lifecycle } from './core/lifecycle.ts'
import { changedLimits, checkSetting } from './core/limits.ts'
import { peerIdAt, peerRandomBytes } from './core/node-ids.ts'
import { payersAt, scopes, subscriberKey } from './core/place.ts'
import { TrackerMachine } from './core/tracker-machine.ts'
import { createAddressReader } from './shell/addresses.ts'
import { openAdmission } from './shell/admission-options.ts'
import { BanDesk } from './shell/ban-desk.ts'
import { BansFile } from './shell/bans-file.ts'
import { candidateRulesFrom } from './shell/candidate-settings.ts'
import { randomRng } from './shell/chance.ts'
import { createClosingLog } from './shell/closing-log.ts'
import { ClusterLink, joinBus } from './shell/cluster-link.ts'
import { Drain } from './shell/drain.ts'
import { EdgeWatch } from './shell/edge-watch.ts'
import { JoinClock } from './shell/join-clock.ts'
import { Locator } from './shell/locator.ts'
import { LoopWatch } from './shell/loop-watch.ts'
import { sendQueuesFrom } from './shell/send-queues.ts'
import { serverDeskFrom } from './shell/server-settings.ts'
import { createSightings } from './shell/sighting.ts'
import { trackerPath } from './shell/socket-options.ts'
import { SocketServer, type SocketServerEvents } from './shell/socket-server.ts'
import { StunServer } from './shell/stun-server.ts'
import { offeredProtocols } from './shell/subprotocols.ts'
import type { Tracker } from './shell/tracker.ts'
import { limitsOf, type TrackerOptions } from './shell/tracker-options.ts'
import type { TrackerSocket } from './shell/tracker-socket.ts'
import { statsOf } from './shell/tracker-stats.ts'
import { webTorrentFrom } from './shell/webtorrent-endpoint.ts'

export { createPayerReader } from './shell/addresses.ts'
export type { DrainPlan } from './shell/drain.ts'
export { trackerMetrics } from './shell/metrics.ts'
export { type Pipe, PipeBus, WorkerHub } from './shell/pipe-bus.ts'
export { trackerPath } from './shell/socket-options.ts'
export { mintToken, newTokenKeys, type SigningKey, signingKeyOf, type TokenClaims } from './shell/token-mint.ts'
export type { LiveOptions, Tracker } from './shell/tracker.ts'
export type { TrackerOptions } from './shell/tracker-options.ts'
export type { TrackerStats } from './shell/tracker-stats.ts'

/** IANA's WebSocket close codes for a server that restarts, and for one that has no time now. */
const serviceRestart = 1012
const tryAgainLater = 1013

/** RFC 6455 §7.4.1: the connection has done what it was for. */
const normalClosure = 1000

/** As long as the hash: a longer key adds nothing (RFC 2104 §3). */
export const keyBytesMin = 32

/** @throws Error that names a wrong setting, its value and what would be right */
export function createTracker(options: TrackerOptions): Tracker {
  const limits = limitsOf(options)
  const { log, serves, scope = 'anywhere', now = () => performance.now(), rng = randomRng() } = options
  const { key = randomBytes(keyBytesMin), sharedDoor } = options
  checkSetting('key', `${key.length} bytes`, key.length >= keyBytesMin, `at least ${keyBytesMin} bytes`)
  const hmac = (text: string) => createHmac('sha256', key).update(text).digest('base64url')
  checkSetting('scope', scope, scopes.includes(scope), `one of ${scopes.join(', ')}`)
  const naming = candidateRulesFrom(options)
  const lifecycle = new Lifecycle(limits, rng)
  const { load } = lifecycle
  const servesAnew = () => {
    run(machine.servesAnew())
    webTorrent?.servesAnew()
  }
  const rules = openAdmission(options, { limits, log, now, wallNow: () => Date.now(), serves, servesAnew })
  const watchedEdges = new EdgeWatch(options, log)
  const { edges } = watchedEdges
  const desk = serverDeskFrom(options, watchedEdges.mayHaveAny ? edges : undefined)
  const { node, bus, cluster } = joinBus(options, key, log)
  const shared = {
    rng,
    limits,
    scope,
    load,
    door: new Door(limits),
    exposure: new Exposure(limits),
    bans: new Bans(limits, () => {
      queueMicrotask(() => turnOut())
      bansFile?.changed()
    }),
    serves: rules.serves,
  }
  const machine = new TrackerMachine({
    ...shared,
    hmac,
    epochMs: Date.now() - now(),
    ...naming,
    serversOf: (id, location, at) => desk.welcome(id, location, at, Date.now()),
    needsToken: rules.verifier !== undefined,
    ...(cluster && { cluster }),
  })
  const { bansFile: path } = options
  const wallNow = () => Date.now()
  let bansFile: BansFile | undefined
  if (path !== undefined) bansFile = new BansFile({ path, banning: machine.banning, now, wallNow, log })
  let stun: StunServer | undefined
  const locator = new Locator(options, log)
  const addressOf = createAddressReader(options.trustedProxies ?? [])
  const sockets = new Map<PeerId, TrackerSocket>()
  const joinClock = new JoinClock(now)
  const logClosed = createClosingLog(log, now)
  const sightingOf = createSightings(options)

  const run = (effects: readonly TrackerEffect[]): void => {
    for (const effect of effects) {
      const socket = sockets.get(effect.to)
      if (effect.type === 'verify') void verify(effect.to, effect.verification, effect.token)
      else if (socket === undefined) continue
      else if (effect.type === 'send') {
        server.send(socket, JSON.stringify(effect.message))
      } else {
        const { code, reason } = effect
        server.close(socket, code, reason)
        logClosed(socket.address, code, reason)
      }
    }
  }

  const turnOut = () => {
    run(machine.entrance.turnOut(machine.cluster, now()))
    webTorrent?.turnOut()
  }

  const verify = async (to: PeerId, verification: number, token: string): Promise<void> => {
    const outcome = await rules.verifier!.verify(token, sockets.get(to)?.webOrigin)
    run(machine.verified(verification, outcome, now()))
  }

  /** Who a connection is: who it was, if it can show that. Its former connection is dead, or about to be. */
  const identify = (request: IncomingMessage): { id: PeerId; issue?: number } => {
    const token = resumeIn(offeredProtocols(request))
    const identity = token === undefined ? undefined : machine.resumed(token, now())
    if (identity === undefined) return { id: peerIdAt(node, randomBytes(peerRandomBytes).toString('base64url')) }
    const former = sockets.get(identity.id)
    if (former !== undefined) {
      machine.disconnect(identity.id)
      sharedDoor?.leave(identity.id)
      former.id = undefined
      server.close(former, normalClosure, 'the client is back on another connection')
    }
    return identity
  }

  /** For how many milliseconds one that comes is to stay away. */
  const ask = (request: IncomingMessage): number => {
    const address = addressOf(request)
    // Of one that is gone already nothing comes: it is noticed as soon as it is let in.
    return address === undefined ? 0 : lifecycle.ask(payersAt(address), now())
  }

  const events: SocketServerEvents = {
    arrived(request) {
      if (!rules.mayConnect(request.headers.origin)) {
        const { message, code } = machine.entrance.refusePage()
        return { text: JSON.stringify(message), code, reason: message.message }
      }
      const retryMs = ask(request)
      if (retryMs === 0) return undefined
      const message: TrackerMessage = { type: 'busy', retryMs }
      return { text: JSON.stringify(message), code: tryAgainLater, reason: 'no time now: come back later' }
    },
    opened(socket, request) {
      const address = addressOf(request)
      if (address === undefined) {
        // The other end is already gone: a socket has no address then.
        socket.terminate()
        return
      }
      const { id, issue } = identify(request)
      sockets.set(id, socket)
      socket.id = id
      socket.address = address
      if (rules.verifier !== undefined) socket.webOrigin = request.headers.origin
      sharedDoor?.enter(id, subscriberKey(address))
      const seen = sightingOf(request, address)
      run(machine.connect(id, address, locator.locate(request, address), now(), { issue, seen }))
    },
    text(socket, text) {
      const arrivedMs = now()
      const effects = machine.receive(socket.id!, text, arrivedMs)
      run(effects)
      joinClock.ran(effects, arrivedMs)
    },
    control: (socket) => run(machine.control(socket.id!, now())),
    malformed: (socket, what) => run(machine.malformed(socket.id!, what, now())),
    closed({ id }, isBroken) {
      if (id === undefined) return
      sharedDoor?.leave(id)
      if (isBroken) machine.broke(id, now())
      machine.disconnect(id)
      desk.leave(id)
      sockets.delete(id)
    },
    tick() {
      run(machine.expire(now()))
      const due = desk.due(now(), Date.now())
      run(due.map(({ to, servers }) => ({ type: 'send', to, message: { type: 'servers', ...servers } })))
    },
  }

  const room = { socketsMax: limits.connectionsMax, queues: sendQueuesFrom<TrackerSocket>(options) }
  const server = new SocketServer(room, options, events)
  sharedDoor?.onFull((id) => {
    run(machine.crowdedOut(id))
    webTorrent?.crowdedOut(id)
  })
  const link = bus && machine.cluster && new ClusterLink({ bus, node, cluster: machine.cluster, run, now })
  const watch = new LoopWatch((sample) => load.sample(sample, now()))
  const drain = new Drain({
    lifecycle,
    now,
    ids: () => [...sockets.keys()],
    tell: (to, message) => run([{ type: 'send', to, message }]),
  })

  const webTorrent = webTorrentFrom(options, {
    machine: { ...shared, candidates: new CandidateScreen(naming.candidates, naming.isRelay, limits) },
    room,
    sharedDoor,
    needsToken: rules.verifier !== undefined,
    bannedBecause: (network, at, subscriber) => machine.entrance.bannedBecause(subscriber, network, at),
    addressOf,
    locationOf: (address, request) => locator.locate(request, address),
    mayEnter: (request) => rules.mayConnect(request.headers.origin) && ask(request) === 0,
    now,
    closed: logClosed,
  })

  return {
    paths: [...(options.paths ?? [trackerPath]), ...(webTorrent ? [webTorrent.path] : [])],
    handleUpgrade(request, socket, head) {
      if (webTorrent?.isFor(request)) webTorrent.handleUpgrade(request, socket, head)
      else server.handleUpgrade(request, socket, head)
    },
    async openStun(port, host) {
      stun = await StunServer.open({ port, host, limits, now })
      desk.stunAt(stun.port)
      return stun.port
    },
    stats: () => statsOf(machine.stats(), { server, lifecycle, edges, joinClock, locator, link, stun, webTorrent }),
    census: machine.census,
    bans: new BanDesk({ banning: machine.banning, cluster: machine.cluster, now }),
    change({ origins, ...settings }) {
      const changed = changedLimits(limits, settings)
      rules.admitPagesOf(origins)
      Object.assign(limits, changed)
      renewAllowances(limits)
      shared.door.renew()
      machine.renew(changed)
    },
    files: [...locator.files, ...rules.files, ...watchedEdges.files, ...(options.files ?? [])],
    get isReady() {
      return lifecycle.isReady
    },
    drain: (plan) => {
      link?.leave()
      return drain.run(plan)
    },
    async close() {
      link?.leave()
      drain.cut()
      watch.stop()
      watchedEdges.close()
      locator.close()
      const farewell: TrackerMessage = { type: 'refused', code: 'draining', message: 'the tracker is going down' }
      rules.close()
      await Promise.all([
        server.shutdown(serviceRestart, farewell.message, JSON.stringify(farewell)),
        webTorrent?.shutdown(serviceRestart, farewell.message),
      ])
      await link?.close()
      await bansFile?.close()
      // Last: whoever was sent away still finds the way to a peer.
      const open = stun
      stun = undefined
      await open?.close()
    },
  }
}
