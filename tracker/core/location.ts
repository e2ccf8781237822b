/**
 * What is known of where a peer is beside its address, and which of several sources is believed. Knows neither addresses
 * nor where the knowledge comes from; a client's own word is no source.
 */

export interface Location {
  /** A network of the operator's, by name: its peers are as near as those of one /20. */
  readonly zone?: string
  /** A region that the operator or the site named. */
  readonly region?: string
  /** A part of a country (ISO 3166-2), where nobody named a region. */
  readonly subdivision?: string
  /** ISO 3166-1, two capitals. */
  readonly country?: string
  /** Two capitals, as in MaxMind's databases. */
  readonly continent?: string
  /** The provider's autonomous system. */
  readonly asn?: number
}

/** Shared by all of whom nothing is known. */
export const nowhere: Location = {}

/** Long enough for any name of a place or a network, short enough for a log line. */
const nameLengthMax = 64

/** An autonomous system's number has 32 bits (RFC 6793). */
const asnMax = 2 ** 32 - 1

/** What proxies and databases say for "unknown", for satellites and for Tor: no country. */
const noCountries = new Set(['XX', 'ZZ', 'T1', 'A1', 'A2', 'EU', 'AP'])

export interface Claims {
  zone?: unknown
  region?: unknown
  subdivision?: unknown
  country?: unknown
  continent?: unknown
  asn?: unknown
}

/** Keeps of what is claimed that which can be true, in one spelling. */
export function locationOf(claims: Claims): Location {
  const zone = nameOf(claims.zone)
  const region = nameOf(claims.region)
  const country = codeOf(claims.country)
  const subdivision = subdivisionOf(claims.subdivision)
  const continent = codeOf(claims.continent)
  const asn = asnOf(claims.asn)
  return {
    ...(zone !== undefined && { zone }),
    ...(region !== undefined && { region }),
    ...(subdivision !== undefined && { subdivision }),
    ...(country !== undefined && !noCountries.has(country) && { country }),
    ...(continent !== undefined && { continent }),
    ...(asn !== undefined && { asn }),
  }
}

function nameOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const name = value.trim()
  return name.length > 0 && name.length <= nameLengthMax ? name : undefined
}

function codeOf(value: unknown): string | undefined {
  const code = nameOf(value)?.toUpperCase()
  return code !== undefined && /^[A-Z][A-Z0-9]$/.test(code) ? code : undefined
}

/** The part of ISO 3166-2 after the country, which proxies and databases give alone. */
function subdivisionOf(value: unknown): string | undefined {
  const code = nameOf(value)?.toUpperCase()
  return code !== undefined && /^[A-Z0-9]{1,3}$/.test(code) ? code : undefined
}

/** A number, or a text such as `64500` or `AS64500`. */
function asnOf(value: unknown): number | undefined {
  const digits = typeof value === 'string' ? /^(?:AS)?(\d{1,10})$/i.exec(value.trim())?.[1] : undefined
  const asn = digits === undefined ? value : Number(digits)
  return typeof asn === 'number' && Number.isInteger(asn) && asn >= 1 && asn <= asnMax ? asn : undefined
}

/** Whether anything is known. */
export const isSomewhere = (location: Location): boolean => Object.keys(location).length > 0

/** @param sources the most trusted first: each says what those before it left open */
export function mergeLocations(...sources: readonly Location[]): Location {
  const said = sources.filter(isSomewhere)
  if (said.length < 2) return said[0] ?? nowhere
  return Object.assign({}, ...said.toReversed())
}
