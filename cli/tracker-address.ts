/** Which tracker a `--tracker` means for a file. */
import { trackerPath } from '../tracker/main.ts'

/** `auto` is the tracker at the file's own host, as it is for a page. */
export function trackerOf(tracker: string, url: string): string {
  if (tracker !== 'auto') return tracker
  const address = new URL(trackerPath, url)
  address.protocol = address.protocol.replace('http', 'ws')
  return address.href
}
