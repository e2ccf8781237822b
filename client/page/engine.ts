/** The engine as a script of its own: hands itself to the script that loaded it, and leaves nothing on the page. */
import { createBrowserClient } from './browser-client.ts'
import type { EngineElement } from './engine-script.ts'
import { takeOverStart } from './start-takeover.ts'
import { answerWorker } from './worker-answers.ts'

const element = document.currentScript as EngineElement | null
element?.take?.({ createClient: createBrowserClient, answerWorker, takeOverStart })
