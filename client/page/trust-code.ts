/** Where the code that checks signatures comes from in a page: a script of its own, which few pages need. */
import type { WebTrustMaker } from '../shell/web-trust.ts'
import { type EngineElement, scriptMissing } from './engine-script.ts'

const element = document.currentScript as EngineElement | null

export const loadTrustCode = (): Promise<WebTrustMaker> =>
  element?.loadTrust?.() ?? Promise.reject(scriptMissing('trust.js'))
