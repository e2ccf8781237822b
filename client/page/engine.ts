/** The engine as a script of its own: hands itself to the script that loaded it, and leaves nothing on the page. */
import { createClient } from '../index.ts'
import type { EngineElement } from './engine-script.ts'

const element = document.currentScript as EngineElement | null
element?.take?.({ createClient })
