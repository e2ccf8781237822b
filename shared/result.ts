/** What a decoder of outside input gives back: a checked value, or a violation that says what was wrong. */
export type Result<T> = { ok: true; value: T } | { ok: false; violation: string }

export const ok = <T>(value: T): Result<T> => ({ ok: true, value })

export const violation = (text: string): { ok: false; violation: string } => ({ ok: false, violation: text })
