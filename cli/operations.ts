/** What an operator's tools ask of a running server: is it alive, may it have visitors. */
import { type Answer, sendText } from './site.ts'

export interface OperationsOptions {
  /** Whether visitors may be sent here. */
  isReady(): boolean
}

/** The addresses that every server of ours has. */
export function operationsAnswers({ isReady }: OperationsOptions): Map<string, Answer> {
  return new Map<string, Answer>([
    ['/.nearcast/health', (_, response) => sendText(response, 200, 'ok\n')],
    [
      '/.nearcast/ready',
      (_, response) => (isReady() ? sendText(response, 200, 'ready\n') : sendText(response, 503, 'closing\n')),
    ],
  ])
}
