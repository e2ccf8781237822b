/**
 * What the tracker sees of a client that asks to be told (`?doctor`): which kind of address, and whether proxies in
 * between are believed. Tells no address: a proxy's own is nobody's business.
 */
import type { IncomingMessage } from 'node:http'
import type { Sighting } from '../../shared/tracker-messages.ts'
import { addressClass } from '../core/address-class.ts'
import { createProxyTrust } from './addresses.ts'
import { heartbeatMsDefault } from './socket-options.ts'

export interface SightingOptions {
  trustedProxies?: readonly string[]
  heartbeatMs?: number
}

/** How a client is seen, if it asks. */
type Sightings = (request: IncomingMessage, address: Uint8Array) => Sighting | undefined

export function createSightings({ trustedProxies = [], heartbeatMs = heartbeatMsDefault }: SightingOptions): Sightings {
  const isTrusted = createProxyTrust(trustedProxies)
  return (request, address) => {
    if (request.url?.split('?', 2)[1] !== 'doctor') return undefined
    return {
      address: addressClass(address),
      forwarded: request.headers['x-forwarded-for'] !== undefined,
      trusted: isTrusted(request),
      heartbeatMs,
    }
  }
}
