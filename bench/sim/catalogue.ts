/** All scenarios, in the order in which their results are shown. */
import type { Scenario } from './scenario.ts'
import { flashCrowds } from './scenarios/flash-crowd.ts'

export const scenarios: readonly Scenario[] = [...flashCrowds]
