/** What a screen reader is told, and how seldom. Pure: the time is an argument. */

/** Progress more often than this would talk over the reader's own work. */
const progressPauseMs = 15_000
/** Or when this much more is here, whichever comes first. */
const progressStep = 0.1
/** Even a fast download leaves time to finish a sentence. */
const pauseMinMs = 4000

export class Announcements {
  #subject = ''
  #fraction = 0
  #atMs = Number.NEGATIVE_INFINITY

  /** @param subject what must be told at once when it changes; @returns whether to speak now */
  isDue(nowMs: number, subject: string, fraction: number): boolean {
    const quietMs = nowMs - this.#atMs
    const stepped = Math.abs(fraction - this.#fraction) >= progressStep && quietMs >= pauseMinMs
    const moved = fraction !== this.#fraction && quietMs >= progressPauseMs
    if (subject === this.#subject && !stepped && !moved) return false
    this.#subject = subject
    this.#fraction = fraction
    this.#atMs = nowMs
    return true
  }
}
