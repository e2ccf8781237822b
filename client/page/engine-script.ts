/**
 * Loads the engine from beside this script, once it is needed: its hash is part of this one, so that who pins this
 * script pins both. What cannot be loaded is tried again the next time.
 */
import { type Client, type ClientOptions, NearcastError } from '../api.ts'

/** What the engine's script gives to the one that loaded it. */
export interface Engine {
  createClient(options: ClientOptions): Client
}

/** The engine's own script element, through which it is handed over: nobody else's script can stand in for it. */
export interface EngineElement extends HTMLScriptElement {
  takeEngine?: (engine: Engine) => void
}

export interface EnginePlace {
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

export function createEngineLoader(place: EnginePlace): () => Promise<Engine> {
  let loading: Promise<Engine> | undefined
  return () => {
    loading ??= load(place).catch((error: unknown) => {
      loading = undefined
      throw error
    })
    return loading
  }
}

function load({ url, integrity, nonce }: EnginePlace): Promise<Engine> {
  return new Promise((resolve, reject) => {
    const script: EngineElement = document.createElement('script')
    script.takeEngine = resolve
    script.integrity = integrity
    script.crossOrigin = 'anonymous'
    script.nonce = nonce
    script.onload = script.onerror = () => {
      script.remove()
      // Without meaning when the engine was handed over.
      reject(new NearcastError('network', `nearcast: ${url} could not be loaded, or is of another version`))
    }
    const { trustedTypes } = window as TrustedTypesWindow
    // A policy that forbids the name forbids the script as well: then everything is plain HTTP.
    const rules = { createScriptURL: (text: string) => text }
    script.src = trustedTypes ? trustedTypes.createPolicy('nearcast', rules).createScriptURL(url) : url
    document.head.append(script)
  })
}
