/** WebRTC for Node: the optional package @roamhq/wrtc, which this file alone imports, or why it is not there. */
import type { DialerOptions } from '../shell/simple-peer-dialer.ts'

export type WebRtc = NonNullable<DialerOptions['wrtc']>

/** What has to be installed to have it. */
export const webRtcPackage = '@roamhq/wrtc'

/** @returns the package's classes, or why they cannot be had: not installed, or not made for this machine */
export async function loadWebRtc(): Promise<WebRtc | string> {
  try {
    const { default: wrtc } = await import('@roamhq/wrtc')
    return quiet(wrtc)
  } catch (error) {
    return error instanceof Error ? error.message.split('\n', 1)[0]! : String(error)
  }
}

/**
 * A candidate that cannot be used is let go in silence: simple-peer would write a line on the console for each, and
 * who sends them is a stranger.
 */
function quiet({ RTCPeerConnection, RTCSessionDescription, RTCIceCandidate }: WebRtc): WebRtc {
  class QuietConnection extends RTCPeerConnection {
    override async addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void> {
      try {
        await super.addIceCandidate(candidate)
      } catch {
        // An address family that this machine does not have, a name of another network: others may still fit.
      }
    }
  }
  return { RTCPeerConnection: QuietConnection, RTCSessionDescription, RTCIceCandidate }
}
