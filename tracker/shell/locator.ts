/**
 * Where a client is, by all sources that the operator has set, the most trusted first. What a token says comes later and
 * counts for more (TrackerMachine.locate). Knows no peer.
 */
import type { IncomingMessage } from 'node:http'
import type { Log } from '../../shared/log.ts'
import type { GeoHeaders } from '../core/geo-headers.ts'
import { isSomewhere, type Location, locationOf, mergeLocations } from '../core/location.ts'
import type { NamedRanges } from '../core/named-ranges.ts'
import { createProxyTrust, type RegionSetting, regionsFrom } from './addresses.ts'
import { GeoDatabases } from './geo-database.ts'
import { createHeaderLocator } from './header-locator.ts'
import type { OpenFile, WatchedFile } from './watched-file.ts'
import { openZones } from './zones-file.ts'

export interface LocatorOptions {
  /** Address ranges of regions; peers of one region are near. A longer prefix wins over a shorter one. */
  regions?: readonly RegionSetting[]
  /** Addresses, ranges or `'loopback'`: proxies whose X-Forwarded-For and geoHeaders are believed. Nobody's by default. */
  trustedProxies?: readonly string[]
  /** The headers in which a trusted proxy says where a client is: see core/geo-headers.ts for those of well-known networks. */
  geoHeaders?: GeoHeaders
  /** Paths of databases in the MMDB format; each says what those before it left open. Read again when they change. */
  geoDatabases?: readonly string[]
  /** Path of a file with a range of addresses and the name of its zone on each line. Read again when it changes. */
  zonesFile?: string | undefined
}

const sources = ['headers', 'databases', 'zones', 'regions'] as const
type Source = (typeof sources)[number]

/** How often a source knew something of a client, and how often nothing. */
export type GeoLookups = Partial<Record<Source, { known: number; unknown: number }>>

export class Locator {
  readonly #regions: NamedRanges
  readonly #byHeaders: (request: IncomingMessage) => Location
  readonly #databases: GeoDatabases
  readonly #zones: WatchedFile<NamedRanges> | undefined
  /** Of the sources that are set, in the order in which they are believed. */
  readonly #lookups: GeoLookups = {}

  /** @throws Error that names a wrong setting, its value and what would be right */
  constructor(
    { regions = [], trustedProxies = [], geoHeaders = {}, geoDatabases = [], zonesFile }: LocatorOptions,
    log: Log,
  ) {
    if (Object.keys(geoHeaders).length > 0 && trustedProxies.length === 0) {
      throw new Error('tracker setting geoHeaders: no proxy is trusted that could say them: set trustedProxies too')
    }
    this.#regions = regionsFrom(regions)
    this.#byHeaders = createHeaderLocator(geoHeaders, createProxyTrust(trustedProxies))
    this.#databases = new GeoDatabases(geoDatabases, log)
    try {
      this.#zones = zonesFile === undefined ? undefined : openZones(zonesFile, log)
    } catch (error) {
      this.#databases.close()
      throw error
    }
    const isSet = {
      headers: Object.keys(geoHeaders).length > 0,
      databases: geoDatabases.length > 0,
      zones: zonesFile !== undefined,
      regions: regions.length > 0,
    }
    for (const source of sources) if (isSet[source]) this.#lookups[source] = { known: 0, unknown: 0 }
  }

  locate(request: IncomingMessage, address: Uint8Array): Location {
    const [region, zone] = [this.#regions.nameOf(address), this.#zones?.content.nameOf(address)]
    const [byHeaders, byDatabases] = [this.#byHeaders(request), this.#databases.locate(address)]
    this.#count('headers', isSomewhere(byHeaders))
    this.#count('databases', isSomewhere(byDatabases))
    this.#count('zones', zone !== undefined)
    this.#count('regions', region !== undefined)
    return mergeLocations(byHeaders, byDatabases, locationOf({ region, zone }))
  }

  #count(source: Source, isKnown: boolean): void {
    const counts = this.#lookups[source]
    if (counts !== undefined) counts[isKnown ? 'known' : 'unknown']++
  }

  /** Since the start. */
  lookups(): GeoLookups {
    return structuredClone(this.#lookups)
  }

  get files(): OpenFile[] {
    return [...this.#databases.files, ...(this.#zones ? [this.#zones] : [])]
  }

  /** Reads again what has changed, now and not within the next seconds. */
  async check(): Promise<void> {
    await Promise.all([this.#databases.check(), this.#zones?.check()])
  }

  close(): void {
    this.#databases.close()
    this.#zones?.close()
  }
}
