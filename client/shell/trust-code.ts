/** Where the code that checks signatures comes from: here it is part of the program. */
import { createWebTrust, type WebTrustMaker } from './web-trust.ts'

export const loadTrustCode = async (): Promise<WebTrustMaker> => createWebTrust
