/**
 * Everything for the operator of a running server: metrics, the admin port, and files that are read again. The server's
 * parts put in what they have; knows none of them.
 */
import type { Server } from 'node:http'
import {
  type AdminAnswer,
  AdminFailure,
  type AdminRequest,
  type AdminRoute,
  createAdminServer,
  runRequest,
} from './admin.ts'
import { AdminToken } from './admin-token.ts'
import { listen } from './listening.ts'
import type { ProgramLog } from './log.ts'
import { createMetrics, type Metrics, type MetricsReading, type Part } from './metrics.ts'
import type { Operations } from './operations.ts'
import { usageRefusal } from './refusal.ts'
import { type Reloadable, reloadAll } from './reloading.ts'
import type { OperatorSettings } from './settings.ts'
import { closeServer } from './site.ts'

export interface DeskOptions {
  settings: OperatorSettings
  version: string
  log: ProgramLog
  /** Why visitors should not be sent here now; nothing when they may. */
  unreadiness(): string | undefined
  /** Begins the end that SIGTERM begins. */
  end(): void
  /** The metrics of all processes of the server, where there are several. */
  printMetrics?: () => Promise<string>
}

/** An answer to an operator is made at once. */
const closeGraceMs = 500

export class OperatorDesk {
  readonly operations: Operations
  readonly #settings: OperatorSettings
  readonly #log: ProgramLog
  readonly #version: string
  readonly #end: () => void
  readonly #metrics: Metrics
  readonly #stats: [name: string, stats: () => unknown][] = []
  readonly #reloadables: Reloadable[] = []
  readonly #routes: AdminRoute[] = [
    { method: 'GET', path: '/stats', run: () => this.#allStats() },
    { method: 'POST', path: '/reload', run: () => this.#reloadFor() },
    { method: 'POST', path: '/drain', run: () => this.#drain() },
  ]
  #server: Server | undefined
  #isEnding = false

  /** @throws Refusal when the settings do not go together, or the token's file cannot be used */
  constructor({ settings, version, log, unreadiness, end, printMetrics }: DeskOptions) {
    this.#end = end
    this.#settings = settings
    this.#log = log
    this.#version = version
    const token = new AdminToken(settings)
    if (settings.adminPort !== undefined && !token.isSet) {
      throw usageRefusal('--admin-port needs a secret: put one into a file and name it with --admin-token-file')
    }
    this.#metrics = createMetrics(version)
    const { contentType, print } = this.#metrics
    this.operations = { unreadiness, metrics: { contentType, print: printMetrics ?? print }, token }
    if (settings.adminTokenFile !== undefined) {
      this.addReloadable({ name: 'the admin token', reload: () => token.reload() })
    }
  }

  /** A part of the program, whose stats are shown under this name. */
  addPart<Stats>(name: string, part: Part<Stats>): void {
    this.#metrics.add(part)
    this.#stats.push([name, () => part.stats()])
  }

  /** What else is among the stats, under this name; it may take a moment. */
  addStats(name: string, stats: () => unknown): void {
    this.#stats.push([name, stats])
  }

  addReloadable(thing: Reloadable): void {
    this.#reloadables.push(thing)
  }

  addRoutes(...routes: AdminRoute[]): void {
    this.#routes.push(...routes)
  }

  /** @returns where the admin port is, when there is to be one @throws Refusal when it cannot be had */
  async open(): Promise<string | undefined> {
    const { adminPort, adminHost } = this.#settings
    if (adminPort === undefined) return undefined
    this.#server = createAdminServer(this.#routes, this.operations)
    const { port } = await listen(this.#server, adminPort, adminHost, 'admin-', true)
    return `http://${adminHost.includes(':') ? `[${adminHost}]` : adminHost}:${port}`
  }

  async close(): Promise<void> {
    if (this.#server !== undefined) await closeServer(this.#server, closeGraceMs)
  }

  /** The metrics of this process alone. */
  readMetrics(): Promise<MetricsReading> {
    return this.#metrics.read()
  }

  /** Answers as the admin port would, to another process of this server. */
  answer(request: AdminRequest): Promise<AdminAnswer> {
    return runRequest(this.#routes, request)
  }

  /** Reads all files again, and logs what came of it. */
  async reload() {
    const report = await reloadAll(this.#reloadables)
    const { reloaded, failed } = report
    if (failed.length > 0) this.#log.error({ reloaded, failed }, 'not all could be read again: the former holds')
    else this.#log.info({ reloaded }, 'files are read again')
    return report
  }

  /** What SIGTERM does, after the answer. */
  #drain() {
    // A second SIGTERM ends a program at once, and who asks twice does not mean that.
    if (!this.#isEnding) setImmediate(this.#end)
    if (!this.#isEnding) this.#log.info({}, 'an operator asks for the end')
    this.#isEnding = true
    return { draining: true }
  }

  async #reloadFor() {
    const report = await this.reload()
    if (report.failed.length === 0) return report
    throw new AdminFailure(500, report.failed.map(({ name, reason }) => `${name}: ${reason}`).join('; '))
  }

  async #allStats(): Promise<unknown> {
    const parts = await Promise.all(this.#stats.map(async ([name, stats]) => [name, await stats()]))
    return { version: this.#version, uptimeSeconds: Math.floor(process.uptime()), ...Object.fromEntries(parts) }
  }
}
