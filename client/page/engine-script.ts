/**
 * Loads the engine from beside this script, once it is needed, and for it the code that checks signatures: their hashes are
 * part of this one, so that who pins this script pins all. What cannot be loaded is tried again the next time.
 */
import { type ClientOptions, NearcastError } from '../api.ts'
import type { EngineClient } from '../client.ts'
import type { WebTrustMaker } from '../shell/web-trust.ts'
import type { WorkerAsk } from '../worker/worker-messages.ts'
import type { PlainStart } from './plain-start.ts'

/** What the engine's script gives to the one that loaded it. */
export interface Engine {
  createClient(options: ClientOptions): EngineClient
  /** Brings what the service worker asks for, or says that it does not. */
  answerWorker(client: EngineClient, ask: WorkerAsk, port: MessagePort): Promise<void>
  /** Goes on with what began without the engine. Rejects where it stays plain. */
  takeOverStart(client: EngineClient, start: PlainStart, url: string, headers?: HeadersInit): Promise<void>
}

/** The own element of a script that is loaded, through which it hands over what it is: nobody else's can stand in. */
export interface PartElement<Part> extends HTMLScriptElement {
  take?: (part: Part) => void
}

export interface EngineElement extends PartElement<Engine> {
  loadTrust?: () => Promise<WebTrustMaker>
}

export interface ScriptPlace {
  url: string
  /** Subresource Integrity, as the build computed it. */
  integrity: string
  /** Of the tag, for sites whose policy asks for one. */
  nonce: string
}

interface TrustedTypesWindow {
  trustedTypes?: {
    createPolicy(
      name: string,
      rules: { createScriptURL(url: string): string },
    ): { createScriptURL(url: string): string }
  }
}

/** A script that is loaded once, when it is first wanted. */
export const createPartLoader = <Part>(place: ScriptPlace): (() => Promise<Part>) => once(() => load<Part>(place, {}))

export function createEngineLoader(engine: ScriptPlace, trust: ScriptPlace): () => Promise<Engine> {
  const loadTrust = createPartLoader<WebTrustMaker>(trust)
  return once(() => load<Engine>(engine, { loadTrust }))
}

/** What fails is tried again the next time. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let working: Promise<T> | undefined
  return () => {
    working ??= work().catch((error: unknown) => {
      working = undefined
      throw error
    })
    return working
  }
}

function load<Part>({ url, integrity, nonce }: ScriptPlace, gifts: object): Promise<Part> {
  return new Promise((resolve, reject) => {
    const script: PartElement<Part> = Object.assign(document.createElement('script'), gifts)
    script.take = resolve
    script.integrity = integrity
    script.crossOrigin = 'anonymous'
    script.nonce = nonce
    script.onload = script.onerror = () => {
      script.remove()
      // Without meaning when it was handed over.
      reject(new NearcastError('network', `nearcast: ${url} could not be loaded, or is of another version`))
    }
    script.src = trustedUrl(url)
    document.head.append(script)
  })
}

let policy: { createScriptURL(url: string): string } | undefined

/** A policy that forbids the name forbids the script as well: then everything is plain HTTP. One name is given once. */
function trustedUrl(url: string): string {
  const { trustedTypes } = window as TrustedTypesWindow
  policy ??= trustedTypes?.createPolicy('nearcast', { createScriptURL: (text) => text })
  return policy?.createScriptURL(url) ?? url
}
