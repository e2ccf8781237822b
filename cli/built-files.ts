/**
 * The files that the build made for browsers (the SDK, the demo page): small, known at start, and held in memory, so
 * that no request can reach anything else. Knows nothing of the site's own content.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, sep } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

export interface BuiltFile {
  bytes: Buffer
  type: string
  etag: string
  /** Named for its content, so that it never changes under this name. */
  isImmutable: boolean
  /** Compressed at the first request that takes it so, and kept. */
  encoded: Partial<Record<Encoding, Promise<Buffer>>>
}

type Encoding = 'br' | 'gzip'

const encoders: Record<Encoding, (bytes: Buffer) => Promise<Buffer>> = {
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } }),
  gzip: (bytes) => promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }),
}

/** Of 165 KB it makes 50.1 KB in 0.15 s, the best one 49.2 KB in 0.3 s, and gzip 55.4 KB. */
const brotliQuality = 10

/** Below this an answer is one packet either way. */
const encodedBytesMin = 1_024

/** What is compressed already only gets longer. */
const isText = (type: string) => /^text\/|json|svg/.test(type)

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
}

/** How vite names what it bundles: `assets/index-B3xY_9aQ.js`. */
const hashedName = /^assets\/.+-[\w-]{8}\.\w+$/

/** All files below a folder, by their path in it with `/` between. Rejects when there is no such folder. */
export async function readBuiltFiles(folder: string): Promise<Map<string, BuiltFile>> {
  const files = new Map<string, BuiltFile>()
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const name = path.slice(folder.length + 1).replaceAll(sep, '/')
    const bytes = await readFile(path)
    files.set(name, {
      bytes,
      type: types[extname(name)] ?? 'application/octet-stream',
      etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
      isImmutable: hashedName.test(name),
      encoded: {},
    })
  }
  return files
}

function isUnchanged(request: IncomingMessage, etag: string): boolean {
  const tags = request.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags !== undefined && (tags.includes(etag) || tags[0] === '*')
}

/** The best encoding that a request takes (RFC 9110 §12.5.3); undefined for the bytes as they are. */
function encodingFor({ bytes, type }: BuiltFile, request: IncomingMessage): Encoding | undefined {
  if (bytes.length < encodedBytesMin || !isText(type)) return undefined
  const taken = String(request.headers['accept-encoding'] ?? '')
    .split(',')
    .filter((item) => !/;\s*q=0(\.0*)?\s*$/.test(item))
    .map((item) => item.split(';')[0]!.trim())
  return (['br', 'gzip'] as const).find((name) => taken.includes(name))
}

/** Answers a GET or HEAD. Any site may load these: they are the same for everyone. */
export async function sendBuiltFile(
  file: BuiltFile,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const encoding = encodingFor(file, request)
  const etag = encoding ? file.etag.replace(/"$/, `-${encoding}"`) : file.etag
  response.setHeader('ETag', etag)
  response.setHeader('Cache-Control', file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache')
  response.setHeader('Vary', 'Accept-Encoding')
  response.setHeader('Access-Control-Allow-Origin', '*')
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  if (isUnchanged(request, etag)) {
    response.writeHead(304).end()
    return
  }
  if (encoding) {
    file.encoded[encoding] ??= encoders[encoding](file.bytes)
    response.setHeader('Content-Encoding', encoding)
  }
  const bytes = encoding ? await file.encoded[encoding]! : file.bytes
  response.writeHead(200, { 'Content-Type': file.type, 'Content-Length': bytes.length })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}
