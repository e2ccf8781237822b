/** The fake client as the script tag would leave it on `window`, driven by the page's own clock. */
import type { Client, ClientOptions } from '../../client/api.ts'
import { FakeClient } from './demo-client.ts'
import type { Scenario } from './demo-scenarios.ts'

const stepMs = 100
const fileBytes = 99_346_920

const wanted = window as unknown as { demoScenario?: Scenario }

export function createClient(options: ClientOptions): Client {
  const client = new FakeClient(options, wanted.demoScenario ?? 'swarm', fileBytes)
  setInterval(() => client.advance(stepMs), stepMs)
  return client
}
