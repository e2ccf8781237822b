/** The page's own clock and timers. */
import type { Clock } from '../ports.ts'

/** The longest delay that a platform timer takes: 2^31 − 1 ms. A longer one would fire at once. */
const timerMsMax = 2 ** 31 - 1

export function createWebClock(): Clock {
  const now = () => performance.now()
  return {
    now,
    at(atMs, callback) {
      let timer: ReturnType<typeof setTimeout>
      const arm = () => {
        timer = setTimeout(fire, Math.min(Math.max(0, Math.ceil(atMs - now())), timerMsMax))
      }
      // Browsers round both clocks, so a timer may come a fraction of a millisecond early.
      const fire = () => {
        if (now() < atMs) arm()
        else callback()
      }
      arm()
      return () => clearTimeout(timer)
    },
  }
}
