/** The members of simple-peer that the link uses, private ones included: the version is locked. */
declare module 'simple-peer/simplepeer.min.js' {
  export interface PeerOptions {
    initiator: boolean
    trickle: boolean
    config: RTCConfiguration
    channelName: string
    wrtc?: object
  }

  export type PeerSignal =
    | { type: 'offer' | 'answer'; sdp: string }
    | { type: 'candidate'; candidate: RTCIceCandidateInit }
    | { type: 'renegotiate' | 'transceiverRequest' }

  export default class SimplePeer {
    constructor(options: PeerOptions)
    /** Absent when the constructor of the connection threw; null once destroyed. */
    readonly _pc?: RTCPeerConnection | null
    /** The initiator's from the start, the other side's from `datachannel` on; null once destroyed. */
    readonly _channel: RTCDataChannel | null
    signal(signal: PeerSignal): void
    destroy(): void
    on(event: 'signal', listener: (signal: PeerSignal) => void): this
    on(event: 'error', listener: (error: Error) => void): this
    on(event: 'close', listener: () => void): this
  }
}
