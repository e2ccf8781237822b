/** Watches what a browser tells of connection, battery and visibility. Draws no conclusion from it. */
import { calmSurroundings, type Surroundings } from '../core/manners.ts'
import type { Clock } from '../ports.ts'

/** Not in every browser: https://wicg.github.io/netinfo/, https://w3c.github.io/battery/. */
interface Connection extends EventTarget {
  readonly saveData?: boolean
  readonly type?: string
}

interface Battery extends EventTarget {
  /** From 0 to 1. */
  readonly level: number
  readonly charging: boolean
}

export interface Platform {
  connection?: Connection | undefined
  getBattery?: (() => Promise<Battery>) | undefined
  document?: (EventTarget & { readonly visibilityState: string }) | undefined
}

/** Networks that are paid for by the byte. */
const meteredTypes = ['cellular', 'wimax']

export const webPlatform = (): Platform => {
  const { navigator, document } = globalThis as { navigator?: Platform; document?: Document }
  return {
    connection: navigator?.connection,
    getBattery: navigator?.getBattery && (() => navigator.getBattery!()),
    document,
  }
}

/**
 * Tells at once what is so now, and then whatever changes.
 * @param hiddenMsMax how long a page is hidden before that is told anew
 * @returns a function that stops it
 */
export function watchSurroundings(
  { connection, getBattery, document }: Platform,
  { clock, hiddenMsMax }: { clock: Clock; hiddenMsMax: number },
  changed: (facts: Surroundings) => void,
): () => void {
  const over = new AbortController()
  const { signal } = over
  let battery: Battery | undefined
  let hiddenSince: number | undefined
  let cancelTimer = () => {}
  const tell = () => {
    if (signal.aborted) return
    changed({
      ...calmSurroundings,
      savesData: connection?.saveData === true,
      isCellular: meteredTypes.includes(connection?.type ?? ''),
      ...(battery && { batteryPercent: battery.level * 100, isCharging: battery.charging }),
      hiddenMs: hiddenSince === undefined ? 0 : clock.now() - hiddenSince,
    })
  }
  const look = () => {
    cancelTimer()
    if (document?.visibilityState === 'hidden') {
      hiddenSince ??= clock.now()
      cancelTimer = clock.at(hiddenSince + hiddenMsMax, tell)
    } else hiddenSince = undefined
    tell()
  }
  connection?.addEventListener('change', tell, { signal })
  document?.addEventListener('visibilitychange', look, { signal })
  getBattery?.().then(
    (found) => {
      battery = found
      for (const type of ['levelchange', 'chargingchange']) found.addEventListener(type, tell, { signal })
      tell()
    },
    () => {}, // not allowed here: as if there were none
  )
  look()
  return () => {
    cancelTimer()
    over.abort()
  }
}
