/** What a device can bear, as far as its browser tells. */

/** Links that one client may have: above it each costs more than it brings. Small devices have less to spare. */
const linkCountMax = 20
const linkCountMaxSmall = 8

/** Phones and the cheapest laptops: a connection costs a megabyte or two, and all of them share the cores. */
const smallMemoryGiB = 2
const smallCoreCount = 2

/** @param device `navigator`, of which not every browser has both fields, and Node has none */
export function linkCountFor(device: { deviceMemory?: number; hardwareConcurrency?: number }): number {
  const { deviceMemory = Number.POSITIVE_INFINITY, hardwareConcurrency = Number.POSITIVE_INFINITY } = device
  return deviceMemory <= smallMemoryGiB || hardwareConcurrency <= smallCoreCount ? linkCountMaxSmall : linkCountMax
}
