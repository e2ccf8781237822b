/** A server as a page meets it: files with their manifests, and whatever a test makes it do to one request. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Bytes, concatBytes } from '../../shared/bytes.ts'
import { firstLeafField, printFirstLeaf } from '../../shared/first-leaf.ts'
import { Geometry } from '../../shared/geometry.ts'
import { createManifest, type Manifest, manifestSuffix, printManifest } from '../../shared/manifest.ts'
import { buildTree, sha256 } from './sample-file.ts'

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

export interface PageOrigin {
  url: string
  /** Each request as `path range`. */
  readonly asked: string[]
  /** Takes the place of the usual answer at a path. */
  readonly answers: Map<string, Answer>
  /**
   * @param firstLeaf a field that proves the first leaf; true for the right one
   * @param finish what becomes of the manifest before it is published
   */
  publish(
    path: string,
    bytes: Bytes,
    options?: { chunkBytes?: number; firstLeaf?: true | string; finish?: (manifest: Manifest) => Manifest },
  ): void
  /** The usual answer, given later by who took its place. */
  again: Answer
  close(): Promise<void>
}

export async function startPageOrigin(): Promise<PageOrigin> {
  const files = new Map<string, { bytes: Bytes; type: string; etag: string; firstLeaf?: string | undefined }>()
  const answers = new Map<string, Answer>()
  const asked: string[] = []
  const again: Answer = (request, response) => {
    const { url = '/', headers } = request
    const file = files.get(url)
    if (!file) return void response.writeHead(404).end()
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? []
    const from = first === undefined ? 0 : Number(first)
    const to = last === undefined ? file.bytes.length : Math.min(Number(last) + 1, file.bytes.length)
    response.setHeader('content-type', file.type)
    response.setHeader('content-length', to - from)
    response.setHeader('etag', file.etag)
    if (file.firstLeaf !== undefined && first === undefined) response.setHeader(firstLeafField, file.firstLeaf)
    if (first !== undefined) response.setHeader('content-range', `bytes ${from}-${to - 1}/${file.bytes.length}`)
    response.writeHead(first === undefined ? 200 : 206).end(file.bytes.subarray(from, to))
  }
  const server = createServer((request, response) => {
    const { url = '/', headers } = request
    asked.push(`${url} ${headers.range ?? ''}`.trim())
    const answer = answers.get(url) ?? again
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answers,
    again,
    publish(path, bytes, { chunkBytes, firstLeaf, finish = (manifest: Manifest) => manifest } = {}) {
      const geometry = new Geometry(bytes.length, chunkBytes)
      const type = 'application/octet-stream'
      const manifest = createManifest({ name: 'file.bin', type, geometry, ...buildTree(bytes, geometry) }, sha256)
      const text = concatBytes(new TextEncoder().encode(printManifest(finish(manifest))))
      const field = firstLeaf === true ? printFirstLeaf(manifest, sha256) : firstLeaf
      files.set(path, { bytes, type, etag: `"${manifest.root}"`, firstLeaf: field })
      files.set(path + manifestSuffix, { bytes: text, type: 'application/json', etag: '"manifest"' })
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
