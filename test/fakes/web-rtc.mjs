/** What browsers have and WebTorrent's packages look for under the name webrtc-polyfill, whose own needs an install script. */
import wrtc from '@roamhq/wrtc'

export const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate } = wrtc
