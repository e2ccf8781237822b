/** What an operator may set of the tracker, for those who read settings and need none of its shells. */
export { candidatePolicies } from './core/candidate-policy.ts'
export { type GeoHeaders, geoFields, geoHeaderPresets, isGeoField, isHeaderName } from './core/geo-headers.ts'
export { lastingLimits, limitsWithZero, type TrackerLimits, trackerLimits } from './core/limits.ts'
export { type Payers, type Scope, scopes } from './core/place.ts'
export { isSwarmPrefix, parseSwarmEntry } from './core/swarm-list.ts'
export { isWebOrigin } from './core/web-origins.ts'

/** Where clients of the WebTorrent protocol are served, unless the operator says otherwise. */
export const webTorrentPath = '/.nearcast/webtorrent'
