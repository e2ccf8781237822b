/** Maps that keep to the newest of their entries. Knows nothing of what they hold. */

/**
 * Sets an entry as the newest of its map; the oldest gives way to it once there are `countMax`, at least 1. Entries are
 * in the order in which they were set last, as long as nothing else sets any.
 * @returns the key that was forgotten, if any
 */
export function keepNewest<Key, Value>(
  map: Map<Key, Value>,
  key: Key,
  value: Value,
  countMax: number,
): Key | undefined {
  map.delete(key)
  const [oldest] = map.size >= countMax ? map.keys() : []
  if (oldest !== undefined) map.delete(oldest)
  map.set(key, value)
  return oldest
}
