/** What no scheduler can beat, from the papers that proved it. */

/** Kumar and Ross 2006: the least time in which all of N peers can have a file that only the server has, in ms. */
export function distributionMs(init: {
  fileBytes: number
  serverBytesPerSecond: number
  peerCount: number
  upBytesPerSecond: number
  downBytesPerSecond: number
}): number {
  const { fileBytes, serverBytesPerSecond, peerCount, upBytesPerSecond, downBytesPerSecond } = init
  const seconds = Math.max(
    fileBytes / serverBytesPerSecond,
    fileBytes / downBytesPerSecond,
    (peerCount * fileBytes) / (serverBytesPerSecond + peerCount * upBytesPerSecond),
  )
  return 1_000 * seconds
}

/** The most that peers can carry when one joins after another and all stay: the first has it from the origin. */
export const joiningOffload = (peerCount: number): number => (peerCount - 1) / peerCount

/** The same when they come by chance and leave when they are done: `meanCount` are there at a time (Karamshuk 2015). */
export const passingOffload = (meanCount: number): number => 1 - (1 - Math.exp(-meanCount)) / meanCount
