/** Where the code that checks signatures comes from in a page: a script of its own, which few pages need. */
import type { WebTrustMaker } from '../shell/web-trust.ts'
import type { EngineElement } from './engine-script.ts'

const element = document.currentScript as EngineElement | null

/** Rejects also where this was loaded by something else than the script that brings both. */
export const loadTrustCode = async (): Promise<WebTrustMaker> => element!.loadTrust!()
