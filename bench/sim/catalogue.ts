/** All scenarios, in the order in which their results are shown. */
import type { Scenario } from './scenario.ts'
import { flashCrowds } from './scenarios/flash-crowd.ts'
import { joinings, passingVisitors, tenAtOnce } from './scenarios/joining.ts'
import { paces } from './scenarios/pace.ts'
import { regions } from './scenarios/regions.ts'
import { streaming } from './scenarios/streaming.ts'
import { unfairCrowds } from './scenarios/unfair.ts'

export const scenarios: readonly Scenario[] = [
  ...flashCrowds,
  tenAtOnce,
  ...joinings,
  ...passingVisitors,
  streaming,
  ...paces,
  ...unfairCrowds,
  regions,
]
