/** From one request to its answer: what is asked for, and what is there. Every file it opens, it closes. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Log } from '../../shared/log.ts'
import { manifestSuffix, pagesSuffix } from '../../shared/manifest.ts'
import { methodsAllowed, preflightHeaders, type Representation } from '../core/answer.ts'
import { lastModifiedOf } from '../core/conditions.ts'
import { parseRequestPath, printRequestPath, type RequestPath } from '../core/request-path.ts'
import { fileSource, memorySource } from './body.ts'
import type { Egress } from './egress.ts'
import { Exchange } from './exchange.ts'
import { baseOf, type ManifestDesk, type NotHere } from './manifest-desk.ts'
import type { Manifests } from './manifests.ts'
import { isPassing, type Opened, type OpenFile, type PublishedFiles } from './published-files.ts'
import type { Traffic } from './traffic.ts'
import { Turns } from './turns.ts'

const indexName = 'index.html'

export interface RequestHandlerParts {
  files: PublishedFiles
  manifests: Manifests
  desk: ManifestDesk
  egress: Egress
  traffic: Traffic
  log: Log
}

export class RequestHandler {
  readonly #parts: RequestHandlerParts
  readonly #turns = new Turns()

  constructor(parts: RequestHandlerParts) {
    this.#parts = parts
  }

  /** Answers, whatever happens; never rejects. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answered = this.#answer(request, response).catch((error: unknown) => {
      this.#parts.log.error({ url: request.url, reason: String(error) }, 'a request could not be answered')
      if (response.headersSent) response.destroy()
      else response.writeHead(500).end()
    })
    this.#parts.traffic.track(response, answered)
    return answered
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!(await this.#turns.take(request.socket, response))) return
    const exchange = new Exchange(request, response, this.#parts.egress, this.#parts.traffic)
    switch (exchange.method) {
      case 'GET':
      case 'HEAD':
        break
      case 'OPTIONS':
        await exchange.sayNothing(204, preflightHeaders)
        return
      default:
        await exchange.say(405, 'only GET and HEAD are answered here', { Allow: methodsAllowed })
        return
    }
    const path = parseRequestPath(exchange.target)
    if (path.kind === 'path') await this.#answerPath(exchange, path)
    else if (path.kind === 'malformed') await exchange.say(400, path.reason)
    else await exchange.sayNotFound()
  }

  async #answerPath(exchange: Exchange, path: RequestPath): Promise<void> {
    const { segments, folder } = path
    const opened = await this.#parts.files.open(segments)
    if (opened.kind === 'folder') return this.#answerFolder(exchange, path)
    if (opened.kind === 'file') {
      if (!folder) return this.#answerFile(exchange, opened, segments)
      await opened.handle.close()
    }
    const name = segments.at(-1) ?? ''
    const beside = opened.kind === 'none' && !folder
    if (beside && name.endsWith(manifestSuffix)) return this.#answerManifest(exchange, segments)
    if (beside && name.endsWith(pagesSuffix)) return this.#answerPages(exchange, segments)
    return this.#answerAbsent(exchange, opened)
  }

  async #answerFile(exchange: Exchange, file: OpenFile, segments: readonly string[]): Promise<void> {
    try {
      const manifest = await this.#parts.manifests.known(file)
      const representation: Representation = {
        bytes: file.version.bytes,
        type: file.type,
        etag: manifest && { weak: false, opaque: manifest.root },
        firstLeaf: manifest && this.#parts.manifests.firstLeafOf(manifest),
        lastModifiedMs: lastModifiedOf(Number(file.version.modifiedNs / 1_000_000n), Date.now()),
      }
      const about = { prompt: false, urlPath: printRequestPath(segments) }
      const sent = await exchange.send(representation, fileSource(file.handle, file.version), about)
      if (sent === 'changed') this.#parts.log.warn({ path: file.path }, 'a file changed while sent; broke off')
    } finally {
      await file.handle.close()
    }
  }

  async #answerFolder(exchange: Exchange, path: RequestPath): Promise<void> {
    const segments = [...path.segments, indexName]
    const index = await this.#parts.files.open(segments)
    if (index.kind !== 'file') return this.#answerAbsent(exchange, index)
    if (path.folder) return this.#answerFile(exchange, index, segments)
    await index.handle.close()
    // Without the slash, the page's relative links would lead beside its folder.
    const location = printRequestPath(path.segments, true) + path.query
    await exchange.say(301, `see ${location}`, { Location: location, 'Cache-Control': 'no-cache' })
  }

  async #answerManifest(exchange: Exchange, segments: readonly string[]): Promise<void> {
    const { desk, traffic } = this.#parts
    const names = baseOf(segments, manifestSuffix)
    const found = await desk.manifestFor(names)
    if (found.kind !== 'manifest') return this.#answerNotHere(exchange, found)
    const urlPath = printRequestPath(segments)
    const { text, etag } = await desk.print(names, found.manifest)
    traffic.manifestsServed++
    const representation: Representation = {
      bytes: text.length,
      type: 'application/json',
      etag: { weak: false, opaque: etag },
      lastModifiedMs: undefined,
    }
    await exchange.send(representation, memorySource(text), { prompt: true, urlPath })
  }

  async #answerPages(exchange: Exchange, segments: readonly string[]): Promise<void> {
    const found = await this.#parts.desk.pagesFor(baseOf(segments, pagesSuffix))
    if (found.kind !== 'pages') return this.#answerNotHere(exchange, found)
    const { handle, version, root } = found
    try {
      const representation: Representation = {
        bytes: version.bytes,
        type: 'application/octet-stream',
        etag: { weak: false, opaque: `${root}-pages` },
        lastModifiedMs: undefined,
      }
      const about = { prompt: true, urlPath: printRequestPath(segments) }
      await exchange.send(representation, fileSource(handle, version), about)
    } finally {
      await handle.close()
    }
  }

  async #answerNotHere(exchange: Exchange, found: NotHere): Promise<void> {
    if (found.kind === 'later') await exchange.sayLater(found.reason)
    else await this.#answerAbsent(exchange, found.opened)
  }

  async #answerAbsent(exchange: Exchange, opened: Opened): Promise<void> {
    if (opened.kind !== 'failed') {
      await exchange.sayNotFound()
      return
    }
    const { code, message } = opened.reason
    const forbidden = code === 'EACCES' || code === 'EPERM'
    this.#parts.log[forbidden ? 'warn' : 'error']({ url: exchange.target, reason: message }, 'a file cannot be read')
    // What the server may not read is not published; whether it exists is nobody's business.
    if (forbidden) await exchange.sayNotFound()
    else if (isPassing(opened.reason)) await exchange.sayLater('too many files are open')
    else await exchange.say(500, 'the file cannot be read')
  }
}
