/**
 * What the tracker sees of a client that asks to be told (`?doctor`): which kind of address, and whether proxies in
 * between are believed. Tells no address: a proxy's own is nobody's business.
 */
import type { IncomingMessage } from 'node:http'
import type { Sighting } from '../../shared/tracker-messages.ts'
import { addressClass } from '../core/address-class.ts'
import type { TrackerEffect } from '../core/effects.ts'
import { createProxyTrust } from './addresses.ts'
import { heartbeatMsDefault } from './socket-options.ts'

export interface SightingOptions {
  trustedProxies?: readonly string[]
  heartbeatMs?: number
}

/** Adds to the welcome of a client how it is seen, if it asks. */
type Sighted = (effects: TrackerEffect[], request: IncomingMessage, address: Uint8Array) => TrackerEffect[]

export function createSightings({ trustedProxies = [], heartbeatMs = heartbeatMsDefault }: SightingOptions): Sighted {
  const isTrusted = createProxyTrust(trustedProxies)
  return (effects, request, address) => {
    if (request.url?.split('?', 2)[1] !== 'doctor') return effects
    const seen: Sighting = {
      address: addressClass(address),
      forwarded: request.headers['x-forwarded-for'] !== undefined,
      trusted: isTrusted(request),
      heartbeatMs,
    }
    return effects.map((effect) =>
      effect.type === 'send' && effect.message.type === 'welcome'
        ? { ...effect, message: { ...effect.message, seen } }
        : effect,
    )
  }
}
