/** A reason not to start, in one line for the person at the keyboard. Knows nothing of what was to be started. */

/** The exit codes: 2 for what a person wrote wrong, 1 for what the machine would not do. */
export const exitCodes = { usage: 2, world: 1 } as const

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
