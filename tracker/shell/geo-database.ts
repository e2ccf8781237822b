/**
 * The operator's own databases of addresses (MaxMind's MMDB format): provider, country, continent. None comes with this
 * program. The only file that knows maxmind.
 */
import { Reader, type Response } from 'maxmind'
import { GiB } from '../../shared/limits.ts'
import type { Log } from '../../shared/log.ts'
import { type Claims, type Location, locationOf, mergeLocations, nowhere } from '../core/location.ts'
import { addressText } from './addresses.ts'
import { type OpenFile, WatchedFile } from './watched-file.ts'

/** The largest that are sold are below half of it; they are held in memory. */
const databaseBytesMax = 1 * GiB

/** What stands between the tree and the data. */
const separatorBytes = 16

export class GeoDatabase {
  readonly #file: WatchedFile<Reader<Response>>
  readonly #path: string
  readonly #log: Log
  #isCorrupt = false

  /** @throws Error that names the setting, the path, and what is wrong */
  constructor(path: string, log: Log) {
    this.#path = path
    this.#log = log
    const read = (bytes: Buffer) => {
      const reader = readerOf(bytes)
      this.#isCorrupt = false
      return reader
    }
    this.#file = new WatchedFile({ setting: 'geoDatabases', path, bytesMax: databaseBytesMax, read, log })
  }

  locate(address: Uint8Array): Location {
    const reader = this.#file.content
    if (address.length > 4 && reader.metadata.ipVersion === 4) return nowhere
    try {
      return locationOf(claimsOf(reader.get(addressText(address))))
    } catch (error) {
      // A database can be whole at its ends and broken inside. Said once: an address that shows it must not fill the log.
      if (!this.#isCorrupt) {
        const reason = error instanceof Error ? error.message : String(error)
        this.#log.warn({ setting: 'geoDatabases', path: this.#path, reason }, 'a database is broken inside')
      }
      this.#isCorrupt = true
      return nowhere
    }
  }

  get file(): OpenFile {
    return this.#file
  }

  /** Reads the file again if it is another one. */
  check(): Promise<void> {
    return this.#file.check()
  }

  close(): void {
    this.#file.close()
  }
}

/** @throws Error that says what is wrong: the package itself takes any bytes and fails, or lies, at the first question */
function readerOf(bytes: Buffer): Reader<Response> {
  let reader: Reader<Response>
  try {
    reader = new Reader(bytes)
  } catch (cause) {
    throw new Error('not a database in the MMDB format, or cut off', { cause })
  }
  const { nodeCount, searchTreeSize, ipVersion } = reader.metadata
  const isWhole =
    nodeCount > 0 && searchTreeSize + separatorBytes < bytes.length && (ipVersion === 4 || ipVersion === 6)
  if (!isWhole) throw new Error('not a database in the MMDB format, or cut off')
  return reader
}

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})

/** Reads MaxMind's own records and DB-IP's, where a country is an object, and flat ones such as IPinfo's. */
function claimsOf(record: unknown): Claims {
  const fields = fieldsOf(record)
  const { country, registered_country: registered, continent, subdivisions } = fields
  const [subdivision] = Array.isArray(subdivisions) ? subdivisions : []
  return {
    asn: fields.autonomous_system_number ?? fieldsOf(fields.traits).autonomous_system_number ?? fields.asn,
    country: fieldsOf(country).iso_code ?? fields.country_code ?? country ?? fieldsOf(registered).iso_code,
    continent: fieldsOf(continent).code ?? fields.continent_code ?? continent,
    subdivision: fieldsOf(subdivision).iso_code,
  }
}

/** Several, each of which says what those before it left open. */
export class GeoDatabases {
  readonly #databases: readonly GeoDatabase[]

  /** @throws Error that names the setting, the path, and what is wrong */
  constructor(paths: readonly string[], log: Log) {
    const opened: GeoDatabase[] = []
    try {
      for (const path of paths) opened.push(new GeoDatabase(path, log))
    } catch (error) {
      for (const database of opened) database.close()
      throw error
    }
    this.#databases = opened
  }

  locate(address: Uint8Array): Location {
    return mergeLocations(...this.#databases.map((database) => database.locate(address)))
  }

  get files(): OpenFile[] {
    return this.#databases.map(({ file }) => file)
  }

  async check(): Promise<void> {
    await Promise.all(this.#databases.map((database) => database.check()))
  }

  close(): void {
    for (const database of this.#databases) database.close()
  }
}
