/** What the machine asks its shell to do. */
import type { PeerId } from '../../shared/ids.ts'
import type { TrackerMessage } from '../../shared/tracker-messages.ts'

export type TrackerEffect =
  | { type: 'send'; to: PeerId; message: TrackerMessage }
  /** The token of this connection: the answer comes back as `verified`, under the same number. */
  | { type: 'verify'; to: PeerId; verification: number; token: string }
  | { type: 'close'; to: PeerId; code: number; reason: string }
