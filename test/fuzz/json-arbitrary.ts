/** JSON from hostile senders: texts that are none, odd values, and valid objects with parts of them replaced. */
import fc from 'fast-check'

const oddKeys = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', 'type', '']
const oddNumbers = [
  '-0',
  '1e400',
  '-1e400',
  '1e-400',
  '9007199254740993',
  '0.1',
  '-1',
  '4294967296',
  '00',
  'NaN',
  '1e5',
]
const oddTexts = ['"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"__proto__"', '"constructor"', '""', '"\u202e"']

/** JSON text of one value; some are no JSON at all. */
export const oddJson: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('null', 'true', 'false', '[]', '{}', '[[]]', '{"length":1}', 'undefined', ...oddNumbers, ...oddTexts),
  fc.json({ maxDepth: 3 }),
  fc
    .tuple(fc.constantFrom(...oddKeys), fc.json({ maxDepth: 1 }))
    .map(([key, json]) => `{${JSON.stringify(key)}:${json}}`),
  fc.integer({ min: 1, max: 4000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
)

export const oddText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  oddJson,
)

/** The JSON text of a valid object with some fields replaced by odd values, taken away, or said twice. */
export function damagedJson(valid: fc.Arbitrary<object>): fc.Arbitrary<string> {
  const damage = fc.tuple(
    fc.constantFrom('replace', 'drop', 'again', 'add'),
    fc.nat(),
    oddJson,
    fc.constantFrom(...oddKeys),
  )
  return fc.tuple(valid, fc.array(damage, { maxLength: 3 })).map(([object, damages]) => {
    const fields = Object.entries(object)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, JSON.stringify(value)] as [string, string])
    for (const [kind, place, json, key] of damages) {
      const field = fields[place % Math.max(fields.length, 1)]
      if (kind === 'add' || field === undefined) fields.push([key, json])
      else if (kind === 'replace') field[1] = json
      else if (kind === 'again') fields.push([field[0], json])
      else fields.splice(fields.indexOf(field), 1)
    }
    return `{${fields.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(',')}}`
  })
}
