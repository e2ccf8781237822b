/** What it means when no WebSocket comes, no welcome, or no swarm: each by what was heard instead. */
import type { TrackerMessage } from '../../shared/tracker-messages.ts'
import { trackerPath } from '../../tracker/main.ts'
import { type Finding, found } from './finding.ts'
import { silenceRemedy, subprotocolRemedy, upgradeRemedy } from './remedies.ts'
import { type Refused, statusText, type Visit } from './visit.ts'

/** Ours, wherever it is written: what answers is a server of this package, and not what stands before it. */
const isOurs = (body: string): boolean => /tracker speaks WebSocket|no WebSocket here|WebSocket subprotocol/.test(body)

export function refusedFinding(result: Refused): Finding {
  switch (result.kind) {
    case 'no-subprotocol':
      return found('upgrade', 'fault', 'the WebSocket opens without the subprotocol', subprotocolRemedy)
    case 'silent':
      return found('upgrade', 'fault', 'the upgrade is not answered', silenceRemedy)
    case 'failed':
      return found('upgrade', 'fault', `the WebSocket fails: ${result.reason}`, upgradeRemedy)
    case 'answered':
      return answeredFinding(result)
  }
}

function answeredFinding({ status, location, body }: Refused & { kind: 'answered' }): Finding {
  const says = `the upgrade is answered ${statusText(status)}`
  const [line = ''] = body.trim().split('\n', 1)
  const fault = (fix: readonly string[]) => found('upgrade', 'fault', says, fix)
  if (location !== undefined)
    return fault([`WebSockets follow no redirection: name the address that it leads to, ${location}`])
  if (isOurs(body) && /subprotocol/.test(body)) return fault(subprotocolRemedy)
  if (isOurs(body) && status === 404) return fault([`The tracker says: ${line}`])
  if (status === 426 || isOurs(body)) return fault(upgradeRemedy)
  if (status === 404)
    return fault([`There is no tracker at this path; it is at ${trackerPath} unless a proxy maps it.`])
  if (status === 401 || status === 403)
    return fault(['Something before the tracker refuses: a firewall for applications, or a password?'])
  if (status >= 502 && status <= 504)
    return fault(['The proxy does not reach the tracker: is it running, and at that port?'])
  return fault([...upgradeRemedy, 'Or the path leads to another server altogether.'])
}

export function unwelcomeFinding(heard: TrackerMessage | undefined, { closing }: Visit, origin: string): Finding {
  if (heard?.type === 'busy') {
    return found('welcome', 'warning', `the tracker takes nobody now, and says to come back in ${heard.retryMs} ms`)
  }
  if (heard?.type === 'refused') {
    return found('welcome', 'fault', `the tracker refuses this client: ${heard.code}, ${heard.message}`, [
      `It came as a page of ${origin}; --origin names another.`,
    ])
  }
  if (closing === undefined) return found('welcome', 'fault', 'nothing is said after the upgrade', silenceRemedy)
  return found(
    'welcome',
    'fault',
    `the connection is closed at once (${closing.code} ${closing.reason})`,
    silenceRemedy,
  )
}

export function tokenFinding(heard: TrackerMessage | undefined): Finding {
  if (heard?.type === 'authorized') {
    return found('token', 'ok', `the token is good for ${Math.floor(heard.forMs / 1000)} more seconds`)
  }
  if (heard?.type === 'refused') {
    return found('token', 'fault', `the token is refused: ${heard.code}, ${heard.message}`, [
      'Is it of the key that the tracker has, for this page’s site, and are the clocks of both machines right?',
    ])
  }
  return found('token', 'skipped', 'the tracker does not mind tokens')
}

export function joinFinding(refused: TrackerMessage | undefined): Finding {
  if (refused?.type !== 'refused') return found('peers', 'fault', 'a join is not answered', silenceRemedy)
  const says = `the swarm is refused: ${refused.code}, ${refused.message}`
  if (refused.code === 'unauthorized') {
    return found('peers', 'skipped', says, [
      'Show one in NEARCAST_TOKEN, with --swarm if it is not for all, to see the rest.',
    ])
  }
  if (refused.code !== 'unknown-swarm') return found('peers', 'fault', says)
  return found('peers', 'skipped', says, ['Name one that it serves with --swarm to see the rest.'])
}
