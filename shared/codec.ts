/** Binary fields: size, encoding and decoding of a message come from one declaration of its fields. */
import { assert } from './assert.ts'

export interface Reader {
  readonly view: DataView
  at: number
}

/** `get` gives undefined when the input ends too soon or holds a value that is not allowed. */
export interface Field<T> {
  size(value: T): number
  put(view: DataView, at: number, value: T): void
  get(reader: Reader): T | undefined
}

function number(
  bytes: 1 | 2 | 4,
  put: (view: DataView, at: number, value: number) => void,
  get: (view: DataView, at: number) => number,
): Field<number> {
  return {
    size: () => bytes,
    put(view, at, value) {
      assert(Number.isInteger(value) && value >= 0 && value < 2 ** (bytes * 8), `${value} in ${bytes} bytes`)
      put(view, at, value)
    },
    get(reader) {
      if (reader.at + bytes > reader.view.byteLength) return undefined
      const value = get(reader.view, reader.at)
      reader.at += bytes
      return value
    },
  }
}

export const u8 = number(
  1,
  (view, at, value) => view.setUint8(at, value),
  (view, at) => view.getUint8(at),
)
export const u16 = number(
  2,
  (view, at, value) => view.setUint16(at, value),
  (view, at) => view.getUint16(at),
)
export const u32 = number(
  4,
  (view, at, value) => view.setUint32(at, value),
  (view, at) => view.getUint32(at),
)

/** A byte with one of these meanings, by place in the list. */
export function choice<const T extends string>(...names: T[]): Field<T> {
  return {
    size: () => 1,
    put: (view, at, value) => view.setUint8(at, names.indexOf(value)),
    get(reader) {
      const index = u8.get(reader)
      return index === undefined ? undefined : names[index]
    },
  }
}

function copyInto(view: DataView, at: number, value: Uint8Array): void {
  new Uint8Array(view.buffer, view.byteOffset).set(value, at)
}

function take(reader: Reader, length: number): Uint8Array<ArrayBuffer> | undefined {
  if (reader.at + length > reader.view.byteLength) return undefined
  const start = reader.view.byteOffset + reader.at
  reader.at += length
  return new Uint8Array(reader.view.buffer as ArrayBuffer, start, length).slice()
}

/** Exactly this many bytes. */
export function fixed(length: number): Field<Uint8Array> {
  return {
    size: () => length,
    put(view, at, value) {
      assert(value.length === length, `${value.length} bytes for ${length}`)
      copyInto(view, at, value)
    },
    get: (reader) => take(reader, length),
  }
}

/** All bytes up to the end of the message. */
export const rest: Field<Uint8Array> = {
  size: (value) => value.length,
  put: copyInto,
  get: (reader) => take(reader, reader.view.byteLength - reader.at),
}

/** Records of the same fields one after another up to the end of the message: at least one, at most `countMax`. */
export function restOf<T>(item: Field<T>, countMax: number): Field<T[]> {
  return {
    size: (value) => value.reduce((sum, element) => sum + item.size(element), 0),
    put(view, at, value) {
      assert(value.length > 0 && value.length <= countMax, `${value.length} elements, 1 to ${countMax}`)
      let place = at
      for (const element of value) {
        item.put(view, place, element)
        place += item.size(element)
      }
    },
    get(reader) {
      const out: T[] = []
      while (out.length === 0 || reader.at < reader.view.byteLength) {
        const element = out.length < countMax ? item.get(reader) : undefined
        if (element === undefined) return undefined
        out.push(element)
      }
      return out
    },
  }
}

/** Whole numbers of 32 bits up to the end of the message, at most `countMax`. */
export function restU32(countMax: number): Field<number[]> {
  return {
    size: (value) => value.length * 4,
    put(view, at, value) {
      assert(value.length <= countMax, `${value.length} numbers, at most ${countMax}`)
      for (const [i, item] of value.entries()) u32.put(view, at + i * 4, item)
    },
    get(reader) {
      const bytes = reader.view.byteLength - reader.at
      if (bytes % 4 !== 0 || bytes > countMax * 4) return undefined
      const out: number[] = []
      for (; reader.at < reader.view.byteLength; reader.at += 4) out.push(reader.view.getUint32(reader.at))
      return out
    },
  }
}

type Fields = Record<string, Field<unknown>>
export type FieldsOf<F> = { [K in keyof F]: F[K] extends Field<infer T> ? T : never }

/** Fields one after another, in the order of the declaration. */
export function struct<const F extends Fields>(fields: F): Field<FieldsOf<F>> {
  const entries = Object.entries(fields) as [keyof F & string, Field<unknown>][]
  return {
    size: (value) => entries.reduce((sum, [key, field]) => sum + field.size(value[key]), 0),
    put(view, at, value) {
      let place = at
      for (const [key, field] of entries) {
        field.put(view, place, value[key])
        place += field.size(value[key])
      }
    },
    get(reader) {
      const out: Record<string, unknown> = {}
      for (const [key, field] of entries) {
        const item = field.get(reader)
        if (item === undefined) return undefined
        out[key] = item
      }
      return out as FieldsOf<F>
    },
  }
}
