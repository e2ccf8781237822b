/** Opens the tracker's STUN port beside the server's own, or says in one line why there is none. */
import type { Log } from '../shared/log.ts'
import type { Tracker } from '../tracker/main.ts'
import type { NatSettings } from './nat-settings.ts'
import { Refusal, systemErrorCode } from './refusal.ts'

type StunSettings = Pick<NatSettings, 'stunPort' | 'stunUrls'> & { host: string | undefined }

function whyNot(error: unknown, port: number): string {
  const code = systemErrorCode(error)
  if (code === 'EADDRINUSE') return `UDP port ${port} is in use`
  if (code === 'EACCES') return `UDP port ${port} is not for this user`
  return `cannot listen on UDP port ${port}: ${error instanceof Error ? error.message : error}`
}

/**
 * @param port of the server: STUN takes the same number over UDP where nobody says otherwise
 * @returns the port that it has, if any
 * @throws Refusal when it cannot have the one that was asked for
 */
export async function openStun(
  tracker: Tracker,
  { stunPort, stunUrls, host }: StunSettings,
  port: number,
  log: Log,
): Promise<number | undefined> {
  // Other servers are named in its place.
  if (stunPort === 'off' || (stunPort === undefined && stunUrls.length > 0)) return undefined
  try {
    return await tracker.openStun(stunPort ?? port, host)
  } catch (error) {
    const why = whyNot(error, stunPort ?? port)
    if (stunPort !== undefined)
      throw new Refusal(`${why}: choose another with --stun-port (0 takes any free one, off none)`)
    log.warn({ stunPort: port }, `no STUN: ${why}; choose another with --stun-port, or --stun-port off`)
    return undefined
  }
}
