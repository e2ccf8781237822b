/**
 * The origin's edges as the operator lists them, in a setting or in a file that is followed, and looks at each whether it
 * is well. Knows nobody who is told.
 */

import type { Log } from '../../shared/log.ts'
import { edgesMax, isEdgeUrl } from '../../shared/servers.ts'
import { type EdgeSetting, Edges } from '../core/edges.ts'
import { checkSetting, checkWhole } from '../core/limits.ts'
import { EdgeChecks } from './edge-checks.ts'
import { type OpenFile, WatchedFile } from './watched-file.ts'

export interface EdgeSettings {
  /** Where the site's files can be had as well. None by default. */
  edges?: readonly EdgeSetting[]
  /** Path of a file with one on each line, `https://eu.example.org/ EU`, in place of `edges`. Read again when it changes. */
  edgesFile?: string | undefined
  /** What each of them answers with 200 while it takes requests. */
  edgeHealthPath?: string
  /** Between two looks at an edge. */
  edgeCheckMs?: number
}

/** What an origin of Nearcast answers with 503 as soon as it is about to end. */
const edgeHealthPathDefault = '/.nearcast/ready'

/** An edge that dies is missed within seconds, and one look costs it less than one visitor. */
const edgeCheckMsDefault = 2_000

/** As many edges as can be, with long addresses and remarks. */
const edgesFileBytesMax = 64 * 1024

const edgeUrlRight = 'an address that ends with /, like https://eu.example.org/'

export class EdgeWatch {
  readonly edges: Edges
  readonly #file: WatchedFile<EdgeSetting[]> | undefined
  readonly #options: { path: string; everyMs: number; log: Log }
  #checks: EdgeChecks

  /** @throws Error that names a wrong setting, its value and what would be right */
  constructor(settings: EdgeSettings, log: Log) {
    const { edges = [], edgesFile, edgeHealthPath: path = edgeHealthPathDefault } = settings
    const { edgeCheckMs: everyMs = edgeCheckMsDefault } = settings
    checkSetting('edges', `${edges.length} addresses`, edges.length <= edgesMax, `at most ${edgesMax} addresses`)
    for (const [index, { url }] of edges.entries()) {
      checkSetting(`edges[${index}].url`, url, isEdgeUrl(url), edgeUrlRight)
      checkSetting(`edges[${index}].url`, url, isNew(edges, index), 'there once only')
    }
    checkSetting('edgesFile', edgesFile, edgesFile === undefined || edges.length === 0, 'there in place of edges')
    checkSetting('edgeHealthPath', path, path.startsWith('/'), 'a path that begins with /')
    checkWhole('edgeCheckMs', everyMs)
    this.#options = { path, everyMs, log }
    this.#file =
      edgesFile === undefined
        ? undefined
        : new WatchedFile({
            setting: 'edgesFile',
            path: edgesFile,
            bytesMax: edgesFileBytesMax,
            read: (bytes) => edgesIn(bytes.toString()),
            changed: (list) => this.#use(list),
            log,
          })
    this.edges = new Edges(this.#file?.content ?? edges)
    this.#checks = this.#look()
  }

  /** Whether clients may ever hear of one. */
  get mayHaveAny(): boolean {
    return this.#file !== undefined || this.edges.count > 0
  }

  get files(): OpenFile[] {
    return this.#file === undefined ? [] : [this.#file]
  }

  #use(list: readonly EdgeSetting[]): void {
    this.edges.use(list)
    this.#checks.stop()
    this.#checks = this.#look()
  }

  #look(): EdgeChecks {
    const { edges } = this
    const { log, ...options } = this.#options
    const urls = edges.urls
    return new EdgeChecks({
      ...options,
      urls,
      heard(index, isWell) {
        if (!edges.looked(index, isWell)) return
        const facts = { edge: urls[index], isWell, well: edges.wellCount }
        log.warn(facts, isWell ? 'an edge is back' : 'an edge is gone')
      },
    })
  }

  close(): void {
    this.#file?.close()
    this.#checks.stop()
  }
}

const isNew = (edges: readonly EdgeSetting[], index: number): boolean =>
  edges.findIndex(({ url }) => url === edges[index]!.url) === index

/** An address and, after a space, what it is near to; what follows a `#` is for people. @throws Error that names the line */
function edgesIn(text: string): EdgeSetting[] {
  const edges: EdgeSetting[] = []
  for (const [i, line] of text.split('\n').entries()) {
    const [, address, region] = /^(\S*)(?:\s+(.*))?$/.exec(line.replace(/(^|\s)#.*/, '').trim())!
    if (!address) continue
    const url = address.endsWith('/') ? address : `${address}/`
    if (!isEdgeUrl(url))
      throw new Error(`line ${i + 1} begins with ${JSON.stringify(address)}, which is not ${edgeUrlRight}`)
    edges.push({ url, ...(region && { region }) })
    if (!isNew(edges, edges.length - 1)) throw new Error(`line ${i + 1} names ${url} again`)
  }
  if (edges.length > edgesMax) throw new Error(`${edges.length} edges, and at most ${edgesMax} are named to clients`)
  return edges
}
