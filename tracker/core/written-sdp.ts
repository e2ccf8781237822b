/**
 * Screens a description as it is written in JSON: what stays is passed on without being decoded, which is nearly all of
 * it. Knows how lines are written, not which candidates may pass.
 */

const backslash = '\\'
const writtenReturn = '\\r\\n'
const writtenFeed = '\\n'
const candidateStart = 'a=candidate:'

const letterA = 0x61
const letterZ = 0x7a
const letterC = 0x63
const letterM = 0x6d
const letterR = 0x72
const equals = 0x3d

/** As in every description that was made before any candidate was known. */
const noAddress = 'c=IN IP4 0.0.0.0'

export interface SdpRules {
  /** @returns a candidate as it is passed on, if it is */
  keep(text: string): string | undefined
  /** Whether addresses outside candidates, which nobody needs, are left out. */
  hidesOthers: boolean
}

/**
 * @param written a valid JSON string without its quotes
 * @returns what is passed on; `'sections'` when there is more than one; undefined when it must be decoded to be sure
 */
export function screenWritten(written: string, { keep, hidesOthers }: SdpRules): string | 'sections' | undefined {
  let passed = ''
  /** All before it is in `passed`. */
  let done = 0
  let sections = 0
  let connectionLines = 0
  let next = 0
  for (let at = 0; at < written.length; at = next) {
    let end = written.indexOf(backslash, at)
    if (end < 0) {
      end = written.length
      next = end
    } else if (written.startsWith(writtenReturn, end)) next = end + writtenReturn.length
    else if (written.startsWith(writtenFeed, end)) next = end + writtenFeed.length
    else return undefined
    if (end === at) continue
    const kind = written.charCodeAt(at)
    if (kind < letterA || kind > letterZ || written.charCodeAt(at + 1) !== equals) return undefined
    if (kind === letterM) {
      sections++
    } else if (kind === letterC) {
      if (!hidesOthers || !written.startsWith('c=IN IP', at)) continue
      passed += written.slice(done, at)
      // One there must be; a second one could only make the description longer.
      if (connectionLines++ === 0) {
        passed += noAddress
        done = end
      } else {
        done = next
      }
    } else if (kind === letterA) {
      const first = written.charCodeAt(at + 2)
      if (first === letterC && written.startsWith(candidateStart, at)) {
        const kept = keep(written.slice(at, end))
        passed += written.slice(done, at)
        if (kept === undefined) {
          done = next
        } else {
          passed += kept.startsWith('a=') ? kept : `a=${kept}`
          done = end
        }
      } else if (first === letterR) {
        if (!hidesOthers || !(written.startsWith('a=rtcp:', at) || written.startsWith('a=remote-candidates:', at)))
          continue
        passed += written.slice(done, at)
        done = next
      } else if (!(first >= letterA && first <= letterZ) || isCandidate(written, at)) return undefined
    }
  }
  if (sections > 1) return 'sections'
  return done === 0 ? written : passed + written.slice(done)
}

/** In letters of any size: that it is written as usual was seen before. */
const isCandidate = (written: string, at: number): boolean =>
  written.charCodeAt(at + 2) === letterC &&
  written.slice(at, at + candidateStart.length).toLowerCase() === candidateStart
