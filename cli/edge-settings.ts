/** What can be set of the origin's edges, which the tracker names to visitors in the order that is best for each. */
import { isEdgeUrl } from '../shared/servers.ts'
import type { TrackerOptions } from '../tracker/main.ts'
import { spanKind } from './number-kinds.ts'
import { type SettingTable, type SettingValues, setting } from './setting.ts'
import { type Kind, pathKind, words } from './setting-kinds.ts'

type EdgeList = { url: string; region?: string }[]

/** People leave the slash out. */
function edgeUrl(text: string): string | undefined {
  const url = text.endsWith('/') ? text : `${text}/`
  return isEdgeUrl(url) ? url : undefined
}

function edge(text: string): EdgeList[number] | undefined {
  const [, region, address] = /^(?:([\w .-]{1,64})=)?(.*)$/.exec(text)!
  const url = edgeUrl(address!.trim())
  return url === undefined ? undefined : { url, ...(region !== undefined && { region: region.trim() }) }
}

const edgesKind: Kind<EdgeList> = {
  hint: '<edges>',
  right: 'addresses, with the place that each is near to, like "EU=https://eu.example.org;US=https://us.example.org"',
  many: true,
  read(value) {
    const list = words(value, ';')?.map(edge)
    const right = list?.filter((one) => one !== undefined)
    return right !== undefined && right.length === list?.length ? right : undefined
  },
}

const pathTextKind: Kind<string> = {
  hint: '<url-path>',
  right: 'a path of URLs, like /health',
  many: false,
  read: (value) => (typeof value === 'string' && /^\/[!-~]{0,200}$/.test(value) ? value : undefined),
}

export const edgeSettings = {
  edges: {
    ...setting(edgesKind, [], 'where the files can be had as well, and near what: a zone, region, country, continent'),
    section: 'edges',
  },
  edgesFile: {
    ...setting(
      pathKind,
      undefined,
      'a file of them in place of these, "<address> <place>" a line, followed as it changes',
    ),
    section: 'edges',
  },
  edgeHealthPath: {
    ...setting(pathTextKind, '/.nearcast/ready', 'what an edge answers with 200 while it is well [/.nearcast/ready]'),
    section: 'edges',
  },
  edgeCheck: { ...setting(spanKind, 2_000, 'how often each is asked for it [2s]'), section: 'edges' },
} satisfies SettingTable

export type EdgeSettings = SettingValues<typeof edgeSettings>

export function edgeOptionsOf({
  edges,
  edgesFile,
  edgeHealthPath,
  edgeCheck,
}: EdgeSettings): Pick<TrackerOptions, 'edges' | 'edgesFile' | 'edgeHealthPath' | 'edgeCheckMs'> {
  return { edges, edgesFile, edgeHealthPath, edgeCheckMs: edgeCheck }
}
