/** What the tracker names, as WebRTC takes it. */
import type { IceServer } from '../../shared/servers.ts'

/** @param trackerUrl the tracker as this client knows it: its own STUN responder is on the same host */
export function iceServersOf(
  { stunPort, iceServers }: { stunPort: number | undefined; iceServers: readonly IceServer[] },
  trackerUrl: string | undefined,
): IceServer[] {
  if (stunPort === undefined || trackerUrl === undefined) return [...iceServers]
  return [{ urls: [`stun:${new URL(trackerUrl).hostname}:${stunPort}`] }, ...iceServers]
}
