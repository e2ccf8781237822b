/** How a command ends: by a signal, at once by a second one, and never held up by what was left open. */

const signalNumbers = { SIGINT: 2, SIGTERM: 15 } as const
export type EndingSignal = keyof typeof signalNumbers

/** What a shell says of a process that a signal ended. */
export const exitCodeOf = (signal: EndingSignal): number => 128 + signalNumbers[signal]

/** A farewell to peers is out long before this; what is still open then has no business to be. */
const exitMs = 1_000

/** Calls `stop` at the first SIGTERM or SIGINT; a second one ends the process at once. */
export function onSignal(stop: (signal: EndingSignal) => void): void {
  let isStopping = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(exitCodeOf(signal))
      isStopping = true
      stop(signal)
    })
  }
}

/** Begins the end as an operator's SIGTERM does. */
export const stopAsked = (): void => void process.emit('SIGTERM', 'SIGTERM')

/** Calls `reload` at each SIGHUP. At a terminal nobody asks so: there the signal means that the terminal is gone. */
export function onReload(reload: () => void): void {
  if (!process.stdout.isTTY) process.on('SIGHUP', reload)
}

/** Ends the process as soon as nothing is left to do, and soon in any case. */
export function exitSoon(exitCode: number): void {
  process.exitCode = exitCode
  setTimeout(() => process.exit(), exitMs).unref()
}
