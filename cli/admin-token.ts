/** The operator's secret: where it comes from, and whether a request carries it. Never printed, compared in constant time. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { usageRefusal } from './refusal.ts'
import { secretInFile } from './secret-file.ts'
import { tokenTextKind } from './secret-kinds.ts'

export interface AdminTokenSettings {
  adminToken: string | undefined
  adminTokenFile: string | undefined
}

/** Longer headers are no tokens of ours, and are not hashed. */
const headerLengthMax = 1024

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()

export class AdminToken {
  readonly #settings: AdminTokenSettings
  #digest: Buffer | undefined

  /** @throws Refusal when there are two, or the file cannot be used */
  constructor(settings: AdminTokenSettings) {
    this.#settings = settings
    if (settings.adminToken !== undefined && settings.adminTokenFile !== undefined) {
      throw usageRefusal('--admin-token and --admin-token-file: one of them is enough')
    }
    this.reload()
  }

  get isSet(): boolean {
    return this.#digest !== undefined
  }

  /** Reads the file again; the former token holds when it cannot be. @throws Refusal */
  reload(): void {
    const { adminToken, adminTokenFile } = this.#settings
    const text = adminToken ?? (adminTokenFile && secretInFile(adminTokenFile, 'the admin token', tokenTextKind))
    this.#digest = text === undefined ? undefined : digestOf(text)
  }

  /** Whether a request says `Authorization: Bearer` and the token (RFC 6750 §2.1). */
  isIn(request: IncomingMessage): boolean {
    const { authorization = '' } = request.headers
    if (this.#digest === undefined || authorization.length > headerLengthMax) return false
    const given = /^Bearer +([^\s]+)$/i.exec(authorization)?.[1]
    return given !== undefined && timingSafeEqual(digestOf(given), this.#digest)
  }
}
