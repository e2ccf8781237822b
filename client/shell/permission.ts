/** What a client may do by its consent, its caps and its surroundings, all together: has the engine keep to it. */
import type { ClientOptions, Consent, Resting, UploadLimits } from '../api.ts'
import { calmSurroundings, type Permits, permitted, type Surroundings } from '../core/manners.ts'
import { type CheckedOptions, checkLimits } from './checked-options.ts'
import type { Runtime } from './runtime.ts'

/** Tells how things are where the client is, at once and at every change; gives a function that stops it. */
export type SurroundingsWatch = (changed: (facts: Surroundings) => void) => () => void

export class Permission {
  readonly #runtime: Pick<Runtime, 'input'>
  #consent: Consent
  #limits: Required<UploadLimits>
  #permits: Permits
  readonly #stopWatching: (() => void) | undefined

  /** @param watch without it nothing of the surroundings keeps a client from taking part */
  constructor(
    runtime: Pick<Runtime, 'input'>,
    { consent = 'denied', metered = 'off' }: ClientOptions,
    { numbers, watch }: { numbers: CheckedOptions['numbers']; watch: SurroundingsWatch | undefined },
  ) {
    this.#runtime = runtime
    this.#consent = consent
    this.#limits = checkLimits(numbers)
    const manners = { metered, ...numbers }
    this.#permits = permitted(calmSurroundings, manners)
    this.#stopWatching = watch?.((facts) => {
      this.#permits = permitted(facts, manners)
      this.#tell()
    })
    this.#tell()
  }

  get consent(): Consent {
    return this.#consent
  }

  get limits(): Required<UploadLimits> {
    return this.#limits
  }

  /** Why a client with consent uploads nothing now, if so. */
  get resting(): Resting | undefined {
    return this.#consent === 'granted' ? this.#permits.resting : undefined
  }

  /** @returns whether that is news */
  turn(consent: Consent): boolean {
    if (consent === this.#consent) return false
    this.#consent = consent
    this.#tell()
    return true
  }

  /** @throws NearcastError `usage` for what is no limit */
  limit(limits: UploadLimits): void {
    this.#limits = checkLimits({ ...this.#limits, ...limits })
    this.#tell()
  }

  #tell(): void {
    const { peers, uploads } = this.#permits
    const { uploadBytesPerSecondMax, uploadPeerBytesPerSecondMax, uploadRatioMax } = this.#limits
    this.#runtime.input({
      type: 'uploadRate',
      bytesPerSecondMax: uploads ? uploadBytesPerSecondMax : 0,
      peerBytesPerSecondMax: uploadPeerBytesPerSecondMax,
      ratioMax: uploadRatioMax,
    })
    this.#runtime.input({ type: 'consent', granted: this.#consent === 'granted' && peers })
  }

  end(): void {
    this.#stopWatching?.()
  }
}
