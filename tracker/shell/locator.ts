/**
 * Where a client is, by all sources that the operator has set, the most trusted first. What a token says comes later and
 * counts for more (TrackerMachine.locate). Knows no peer.
 */
import type { IncomingMessage } from 'node:http'
import type { Log } from '../../shared/log.ts'
import type { GeoHeaders } from '../core/geo-headers.ts'
import { type Location, locationOf, mergeLocations } from '../core/location.ts'
import type { NamedRanges } from '../core/named-ranges.ts'
import { createProxyTrust, type RegionSetting, regionsFrom } from './addresses.ts'
import { GeoDatabases } from './geo-database.ts'
import { createHeaderLocator } from './header-locator.ts'
import type { WatchedFile } from './watched-file.ts'
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

export class Locator {
  readonly #regions: NamedRanges
  readonly #byHeaders: (request: IncomingMessage) => Location
  readonly #databases: GeoDatabases
  readonly #zones: WatchedFile<NamedRanges> | undefined

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
  }

  locate(request: IncomingMessage, address: Uint8Array): Location {
    const named = { region: this.#regions.nameOf(address), zone: this.#zones?.content.nameOf(address) }
    return mergeLocations(this.#byHeaders(request), this.#databases.locate(address), locationOf(named))
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
