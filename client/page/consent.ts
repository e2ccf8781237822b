/** The question to the visitor as a script of its own: hands itself to the script that loaded it. */
import { ask } from './consent-question.ts'
import type { PartElement } from './engine-script.ts'

const element = document.currentScript as PartElement<typeof ask> | null
element?.take?.(ask)
