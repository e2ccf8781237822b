/**
 * What a client may do for others where it is just now: on this connection, this battery, behind these tabs. Pure: it
 * is told the facts, and says what is permitted.
 */

/** What is done on a connection that is paid for by the byte, or whose visitor asked to save data. */
export type Metered = 'off' | 'download' | 'on'

/** Why a client that may share does not now. */
export type Resting = 'data-saver' | 'cellular' | 'battery' | 'hidden'

export interface MannersSettings {
  /** `off`: no peers at all. `download`: nothing is uploaded. `on`: as anywhere else. */
  metered: Metered
  /** Below this, and not charging, nothing is uploaded. */
  batteryPercentMin: number
  /** A page that was not seen for longer uploads nothing. */
  hiddenSecondsMax: number
}

/** Where the page is. What the platform does not tell is as it should be. */
export interface Surroundings {
  savesData: boolean
  isCellular: boolean
  batteryPercent: number
  isCharging: boolean
  /** How long the page was not seen; 0 while it is. */
  hiddenMs: number
}

export const calmSurroundings: Surroundings = {
  savesData: false,
  isCellular: false,
  batteryPercent: 100,
  isCharging: true,
  hiddenMs: 0,
}

export interface Permits {
  /** Whether there may be connections to other visitors. */
  peers: boolean
  uploads: boolean
  resting: Resting | undefined
}

export function permitted(facts: Surroundings, settings: MannersSettings): Permits {
  const resting = restingFor(facts, settings)
  const isMetered = resting === 'data-saver' || resting === 'cellular'
  return { peers: !isMetered || settings.metered === 'download', uploads: resting === undefined, resting }
}

function restingFor(facts: Surroundings, settings: MannersSettings): Resting | undefined {
  if (settings.metered !== 'on' && facts.savesData) return 'data-saver'
  if (settings.metered !== 'on' && facts.isCellular) return 'cellular'
  if (!facts.isCharging && facts.batteryPercent < settings.batteryPercentMin) return 'battery'
  if (facts.hiddenMs > 0 && facts.hiddenMs >= settings.hiddenSecondsMax * 1_000) return 'hidden'
  return undefined
}
