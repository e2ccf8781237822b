/** What a trusted proxy says of where a client is, in the headers of its request. */
import type { IncomingMessage } from 'node:http'
import { type GeoHeaders, geoFields, isGeoField, isHeaderName } from '../core/geo-headers.ts'
import { type Claims, type Location, locationOf, nowhere } from '../core/location.ts'
import type { ProxyTrust } from './addresses.ts'

/** @throws Error that names the wrong setting, its value and what would be right */
export function createHeaderLocator(
  headers: GeoHeaders,
  isProxyTrusted: ProxyTrust,
): (request: IncomingMessage) => Location {
  const names = Object.entries(headers).map(([field, name]) => {
    const setting = `tracker setting geoHeaders: ${JSON.stringify(field)}`
    if (!isGeoField(field)) throw new Error(`${setting} is not one of ${geoFields.join(', ')}`)
    if (!isHeaderName(name)) throw new Error(`${setting} is ${JSON.stringify(name)}, which is not the name of a header`)
    return [field, name.toLowerCase()] as const
  })
  return (request) => {
    if (names.length === 0 || !isProxyTrusted(request)) return nowhere
    const claims: Claims = {}
    // A header that came twice is one text with a comma, which is no code and no number.
    for (const [field, name] of names) claims[field] = request.headers[name]
    return locationOf(claims)
  }
}
