/** Checks of untrusted JSON values: a schema gives the checked value, or undefined. Copies only the fields it names. */

export type Schema<T> = (value: unknown) => T | undefined
export type Infer<S> = S extends Schema<infer T> ? T : never

export const text =
  (lengthMax: number, lengthMin = 0): Schema<string> =>
  (value) =>
    typeof value === 'string' && value.length <= lengthMax && value.length >= lengthMin ? value : undefined

export const integer =
  (min: number, max: number): Schema<number> =>
  (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? plainZero(value) : undefined

export const fraction: Schema<number> = (value) =>
  typeof value === 'number' && value >= 0 && value <= 1 ? plainZero(value) : undefined

export const flag: Schema<boolean> = (value) => (typeof value === 'boolean' ? value : undefined)

/** JSON can say `-0`, which is equal to 0 and yet divides and prints differently. */
const plainZero = (value: number) => (value === 0 ? 0 : value)

export const literal =
  <const T extends string | number | boolean>(...allowed: T[]): Schema<T> =>
  (value) =>
    allowed.includes(value as T) ? (value as T) : undefined

export const guard =
  <T>(is: (value: unknown) => value is T): Schema<T> =>
  (value) =>
    is(value) ? value : undefined

export const list =
  <T>(item: Schema<T>, countMax: number): Schema<T[]> =>
  (value) => {
    if (!Array.isArray(value) || value.length > countMax) return undefined
    const out: T[] = []
    for (const element of value) {
      const checked = item(element)
      if (checked === undefined) return undefined
      out.push(checked)
    }
    return out
  }

/** Exported for declarations alone: they name it wherever an object with optional fields is exported. */
export const optionalMark: unique symbol = Symbol('optional')
export type Optional<T> = Schema<T> & { [optionalMark]: true }

export function optional<T>(schema: Schema<T>): Optional<T> {
  return Object.assign((value: unknown) => schema(value), schema, { [optionalMark]: true as const })
}

type Fields = Record<string, Schema<unknown>>
type OptionalKeys<F extends Fields> = { [K in keyof F]: F[K] extends Optional<unknown> ? K : never }[keyof F]
type Shape<F extends Fields> = { [K in Exclude<keyof F, OptionalKeys<F>>]: Infer<F[K]> } & {
  [K in OptionalKeys<F>]?: Infer<F[K]>
}

/** A schema that can also say which field of a refused value is at fault, as a path such as `signal.session`. */
export type ObjectSchema<T> = Schema<T> & { wrongField(value: unknown): string | undefined }

const fieldOf = (value: object, key: string): unknown =>
  Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined

/** An object with these fields; others are dropped, so that newer senders can say more. */
export function object<F extends Fields>(fields: F): ObjectSchema<Shape<F>> {
  const entries = Object.entries(fields)
  const check: Schema<Shape<F>> = (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    const out: Record<string, unknown> = {}
    for (const [key, schema] of entries) {
      const field = fieldOf(value, key)
      if (field === undefined && optionalMark in schema) continue
      const checked = field === undefined ? undefined : schema(field)
      if (checked === undefined) return undefined
      out[key] = checked
    }
    return out as Shape<F>
  }
  const wrongField = (value: unknown): string | undefined => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    for (const [key, schema] of entries) {
      const field = fieldOf(value, key)
      if (field === undefined ? optionalMark in schema : schema(field) !== undefined) continue
      const inner = 'wrongField' in schema ? (schema as ObjectSchema<unknown>).wrongField(field) : undefined
      return inner === undefined ? key : `${key}.${inner}`
    }
    return undefined
  }
  return Object.assign(check, { wrongField })
}
