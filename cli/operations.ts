/** What an operator's tools ask of a running server: is it alive, may it have visitors, and its numbers. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Tracker } from '../tracker/main.ts'
import type { AdminToken } from './admin-token.ts'
import { isDirect } from './directness.ts'
import type { MetricsText } from './metrics.ts'
import { type Answer, type Site, sendText } from './site.ts'

export interface Operations {
  /** Why visitors should not be sent here now; nothing when they may. */
  unreadiness(): string | undefined
  metrics: MetricsText
  token: AdminToken
}

/** Why a site with a tracker should have no visitors now; nothing when it may. A lost bus is no reason: the others are as blind. */
export function unreadinessOf(site: Site, tracker: Tracker): string | undefined {
  if (!site.isOpen) return 'closing'
  if (!tracker.isReady) return 'draining'
  return tracker.stats().load === 'full' ? 'overloaded' : undefined
}

export const sendHealth: Answer = (_, response) => sendText(response, 200, 'ok\n')

export const sendReadiness =
  ({ unreadiness }: Operations): Answer =>
  (_, response) => {
    const why = unreadiness()
    if (why === undefined) sendText(response, 200, 'ready\n')
    else sendText(response, 503, `${why}\n`)
  }

export async function sendMetrics({ metrics }: Operations, response: ServerResponse): Promise<void> {
  try {
    const text = await metrics.print()
    response.writeHead(200, { 'Content-Type': metrics.contentType, 'Cache-Control': 'no-store' })
    response.end(text)
  } catch {
    // A number that cannot be had is no reason to end what visitors use.
    sendText(response, 500, 'the numbers cannot be read\n')
  }
}

export function refuseStranger(response: ServerResponse): void {
  response.setHeader('WWW-Authenticate', 'Bearer realm="nearcast"')
  sendText(response, 401, 'this needs the admin token: Authorization: Bearer …\n')
}

/** Those who have the token; while there is none, tools of this machine. */
function mayRead({ token }: Operations, request: IncomingMessage): boolean {
  return token.isSet ? token.isIn(request) : isDirect(request)
}

/** The addresses that every server of ours has, on the port where visitors come. */
export function operationsAnswers(operations: Operations): Map<string, Answer> {
  return new Map<string, Answer>([
    ['/.nearcast/health', sendHealth],
    ['/.nearcast/ready', sendReadiness(operations)],
    [
      '/.nearcast/metrics',
      (request, response) => {
        if (mayRead(operations, request)) void sendMetrics(operations, response)
        else if (operations.token.isSet) refuseStranger(response)
        else sendText(response, 403, 'metrics are for this machine alone; --admin-token-file lets others in\n')
      },
    ],
  ])
}
