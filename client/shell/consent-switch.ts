/** The consent of a client as its owner turns it. Knows no connection and no store. */
import type { Consent, ConsentSwitch } from '../api.ts'

export interface ConsentTurns {
  state(): Consent
  turn(state: Consent): void
  /** Deletes what is stored. */
  clear(): Promise<void>
}

export const createConsentSwitch = ({ state, turn, clear }: ConsentTurns): ConsentSwitch => ({
  get state() {
    return state()
  },
  grant: () => turn('granted'),
  async revoke() {
    turn('denied')
    await clear()
  },
})
