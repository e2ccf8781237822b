/** A secret that lies alone in a file. Never part of a message. */
import { readFileSync } from 'node:fs'
import { systemErrorCode, usageRefusal } from './refusal.ts'
import type { Kind } from './setting-kinds.ts'

/**
 * @param what it is to the reader of a message: "the admin token"
 * @throws Refusal when the file cannot be read, or holds something else
 */
export function secretInFile(path: string, what: string, { read, right }: Kind<string | undefined>): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw usageRefusal(`${what}'s file ${path} cannot be read (${systemErrorCode(error) ?? error})`)
  }
  const secret = read(text.trim(), '')
  if (secret !== undefined) return secret
  throw usageRefusal(`${what} in ${path} is not usable; it must be ${right}`)
}

/** One that may be another one later. */
export class SecretFile {
  readonly name: string
  readonly #path: string
  readonly #kind: Kind<string | undefined>
  #secret: string

  /** @throws Refusal */
  constructor(path: string, what: string, kind: Kind<string | undefined>) {
    this.name = what
    this.#path = path
    this.#kind = kind
    this.#secret = secretInFile(path, what, kind)
  }

  get secret(): string {
    return this.#secret
  }

  /** The former secret holds when this rejects. */
  async reload(): Promise<void> {
    this.#secret = secretInFile(this.#path, this.name, this.#kind)
  }
}
