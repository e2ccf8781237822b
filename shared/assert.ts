/** Programmer's faults crash here; the other side's faults are values (see result.ts). */

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`)
}

/** Marks the end of an exhaustive `switch`: the compiler points here when a union grows a variant. */
export function assertNever(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}
