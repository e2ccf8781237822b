/** What the operator says about the addresses that peers name to each other, checked. */
import { type CandidatePolicy, candidatePolicies } from '../core/candidate-policy.ts'
import { checkSetting } from '../core/limits.ts'
import { createRangeCheck } from './addresses.ts'

export interface CandidateSettings {
  /** Which addresses peers may name to each other in signals: docs/SPEC.md, T141. `public` by default. */
  candidates?: CandidatePolicy
  /** Addresses and ranges of the TURN servers that clients use, which peers may name as well. */
  relays?: readonly string[]
}

export interface CandidateRules {
  candidates: CandidatePolicy
  isRelay: (address: Uint8Array) => boolean
}

/** @throws Error that names a wrong setting, its value and what would be right */
export function candidateRulesFrom({ candidates = 'public', relays = [] }: CandidateSettings): CandidateRules {
  const isRight = candidatePolicies.includes(candidates)
  checkSetting('candidates', candidates, isRight, `one of ${candidatePolicies.join(', ')}`)
  return { candidates, isRelay: createRangeCheck('relays', relays) }
}
