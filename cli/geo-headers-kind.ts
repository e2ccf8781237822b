/** How the headers of a trusted proxy are told: as well-known networks, as `field=header`, or both. */
import { type GeoHeaders, geoFields, geoHeaderPresets, isGeoField, isHeaderName } from '../tracker/api.ts'
import { type Kind, words } from './setting-kinds.ts'

const presets: Readonly<Record<string, GeoHeaders>> = geoHeaderPresets

/** @returns undefined for what is neither a network that is known nor a field with a header */
function headersOfWord(word: string): GeoHeaders | undefined {
  const [field = '', header, ...rest] = word.split('=').map((part) => part.trim())
  if (header === undefined) return Object.hasOwn(presets, field) ? presets[field] : undefined
  return isGeoField(field) && isHeaderName(header) && rest.length === 0 ? { [field]: header.toLowerCase() } : undefined
}

export const geoHeadersKind: Kind<GeoHeaders> = {
  hint: '<headers>',
  right: `${Object.keys(presets).join(', ')}, or headers like "country=x-country,asn=x-asn" (${geoFields.join(', ')})`,
  many: true,
  read(value) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    const list = isObject ? Object.entries(value).map(([field, header]) => `${field}=${header}`) : words(value, ',')
    const headers = list?.map(headersOfWord)
    return headers?.every((one) => one !== undefined) ? Object.assign({}, ...headers) : undefined
  },
}
