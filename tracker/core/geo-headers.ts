/** Which request headers say what of where a client is: those of well-known networks, and how others are told. */
import type { Location } from './location.ts'

export const geoFields = [
  'country',
  'continent',
  'subdivision',
  'asn',
  'region',
  'zone',
] as const satisfies readonly (keyof Location)[]

/** The header of each field that one says. */
export type GeoHeaders = Readonly<Partial<Record<(typeof geoFields)[number], string>>>

/**
 * Cloudflare sends the country by itself and more by the managed transform "visitor location headers", CloudFront what an
 * origin request policy names; of Fastly, which sends nothing by itself, docs/guides/nearness.md has the lines to add.
 */
export const geoHeaderPresets = {
  cloudflare: { country: 'cf-ipcountry', continent: 'cf-ipcontinent', subdivision: 'cf-region-code' },
  cloudfront: {
    country: 'cloudfront-viewer-country',
    subdivision: 'cloudfront-viewer-country-region',
    asn: 'cloudfront-viewer-asn',
  },
  fastly: { country: 'x-geo-country', continent: 'x-geo-continent', subdivision: 'x-geo-region', asn: 'x-geo-asn' },
} as const satisfies Record<string, GeoHeaders>

export const isGeoField = (text: string): text is keyof GeoHeaders => geoFields.some((field) => field === text)

/** A token of HTTP's (RFC 9110 §5.6.2). */
export const isHeaderName = (text: unknown): text is string =>
  typeof text === 'string' && /^[\w!#$%&'*+.^`|~-]{1,100}$/.test(text)
