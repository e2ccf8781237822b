/** What several measurements come to. */

/** The measurement below which this share of them lies. */
export const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN

/** The middle one: one that a busy machine spoiled does not move it. */
export const median = (values: readonly number[]): number => quantile(values, 1 / 2)
