/** Random histories of clients that mean no good: what may happen, and the odd things that they say. */
import fc from 'fast-check'

/** Longer than anything of a client is remembered that is gone: its introductions, its offers, what others know of it. */
export const longMs = 120_000

const stepsMax = 80

/** As JSON writes them: a reader may make of them what is no number any more. */
const oddNumbers = [
  '0',
  '-0',
  '1',
  '5',
  '0.5',
  '1e999',
  '-1e999',
  '1e308',
  '5e-324',
  '1e-999',
  '9007199254740993',
  '-1',
]
export const oddNumber = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...oddNumbers) },
  { weight: 1, arbitrary: fc.constantFrom('null', '"1"', 'true', '[]', 'NaN') },
)

/** Of few, so that they meet. */
export const some = fc.nat(7)

/** Addresses that share a /64, a /48, a /24 or nothing. */
export const addresses = [
  '203.0.113.1',
  '203.0.113.1',
  '203.0.113.2',
  '198.51.100.1',
  '2001:db8:1:1:0:0:0:1',
  '2001:db8:1:1:0:0:0:2',
  '2001:db8:1:2:0:0:0:1',
  '2001:db8:2:1:0:0:0:1',
]

/** Who is strict closes many of these clients for what they send; who is not hears all of it. */
const generous = {
  joinsBurst: 1_000,
  signalsBurst: 1_000,
  messagesBurst: 1_000,
  introductionsBurst: 1_000,
  faultsBurst: 1_000,
  reportsBurst: 1_000,
  complaintsBurst: 1_000,
}
export const settings = fc.constantFrom(generous, {}, { ...generous, swarmSizeMin: 2, peersPerAddressMax: 2 })

/** The element of a list that a number stands for. */
export function at<T>(list: readonly T[], number: number): T | undefined {
  return list[number % Math.max(1, list.length)]
}

export interface Step<Play> {
  run: (play: Play) => void
}

/** Something that happens, which a failure shows in words. */
export function step<Play, Of>(
  does: string,
  of: fc.Arbitrary<Of>,
  run: (play: Play, of: Of) => void,
): fc.Arbitrary<Step<Play>> {
  return of.map((value) => ({
    run: (play) => run(play, value),
    [fc.toStringMethod]: () => `${does} ${JSON.stringify(value)}`,
  }))
}

/** Of so many weights each. */
export const history = <Play>(
  ...steps: [weight: number, arbitrary: fc.Arbitrary<Step<Play>>][]
): fc.Arbitrary<Step<Play>[]> =>
  fc.array(fc.oneof(...steps.map(([weight, arbitrary]) => ({ weight, arbitrary }))), {
    maxLength: stepsMax,
    size: 'max',
  })

/** An object as JSON with numbers in the place of `@0`, `@1`… */
export const written = (object: object, ...numbers: string[]): string =>
  JSON.stringify(object).replaceAll(/"@(\d)"/g, (_, index) => numbers[Number(index)] ?? 'null')
