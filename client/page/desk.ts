/** The page's side of the service worker as a script of its own: hands itself to the script that loaded it. */
import type { PartElement } from './engine-script.ts'
import * as desk from './worker-desk.ts'

const element = document.currentScript as PartElement<typeof desk> | null
element?.take?.(desk)
