/** The code that checks signatures as a script of its own: hands itself to the script that loaded it. */
import { createWebTrust } from '../shell/web-trust.ts'
import type { PartElement } from './engine-script.ts'

const element = document.currentScript as PartElement<typeof createWebTrust> | null
element?.take?.(createWebTrust)
