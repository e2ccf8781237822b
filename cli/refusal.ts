/** A reason not to start, in one line for the person at the keyboard. Knows nothing of what was to be started. */

/** The exit codes: 2 for what a person wrote wrong, 1 for what the world would not do, 3 for bytes that are wrong. */
export const exitCodes = { world: 1, usage: 2, integrity: 3 } as const

export class Refusal extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number = exitCodes.world, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Refusal'
    this.exitCode = exitCode
  }
}

export const usageRefusal = (message: string): Refusal => new Refusal(message, exitCodes.usage)

export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
