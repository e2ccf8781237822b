/** What the machine asks its shell to do. */
import type { PeerId } from '../../shared/ids.ts'
import type { TrackerMessage } from '../../shared/tracker-messages.ts'

export type TrackerEffect =
  | { type: 'send'; to: PeerId; message: TrackerMessage }
  | { type: 'close'; to: PeerId; code: number; reason: string }
