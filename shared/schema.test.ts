import { describe, expect, it } from 'vitest'
import { fraction, integer, list, literal, object, optional, text } from './schema.ts'

describe('numbers', () => {
  it('[T2] whole ones are taken from least to most, and nothing like them', () => {
    const small = integer(-1, 3)
    expect([-1, 0, 3].map(small)).toEqual([-1, 0, 3])
    for (const wrong of [-2, 4, 0.5, Number.NaN, Infinity, -Infinity, '1', true, null, undefined, [1], {}, 1n]) {
      expect(small(wrong)).toBeUndefined()
    }
  })

  it('[T2] fractions are taken from 0 to 1', () => {
    expect([0, 0.5, 1].map(fraction)).toEqual([0, 0.5, 1])
    for (const wrong of [-0.1, 1.1, Number.NaN, Infinity, '0.5', null]) expect(fraction(wrong)).toBeUndefined()
  })

  it('[T2] minus zero becomes zero', () => {
    expect(Object.is(integer(0, 9)(JSON.parse('-0')), 0)).toBe(true)
    expect(Object.is(fraction(JSON.parse('-0')), 0)).toBe(true)
  })
})

describe('texts and literals', () => {
  it('[T2] texts are taken between their shortest and longest', () => {
    const name = text(3, 1)
    expect(['a', 'abc', '\ud800'].map(name)).toEqual(['a', 'abc', '\ud800'])
    for (const wrong of ['', 'abcd', 1, null, ['a'], new String('a')]) expect(name(wrong)).toBeUndefined()
    expect(text(3)('')).toBe('')
  })

  it('[T2] literals are taken as they are, never as something equal to them', () => {
    const word = literal('on', 'off')
    expect(['on', 'off'].map(word)).toEqual(['on', 'off'])
    for (const wrong of ['On', '', 1, true, null, ['on'], new String('on')]) expect(word(wrong)).toBeUndefined()
    const one = literal(1)
    expect(one(1)).toBe(1)
    for (const wrong of ['1', true, 0, 2, [1]]) expect(one(wrong)).toBeUndefined()
    const yes = literal(true)
    expect(yes(true)).toBe(true)
    for (const wrong of ['true', 1, false, {}]) expect(yes(wrong)).toBeUndefined()
  })
})

describe('lists', () => {
  const few = list(integer(0, 9), 3)

  it('[T4] are taken up to their count', () => {
    expect(few([])).toEqual([])
    expect(few([1, 2, 3])).toEqual([1, 2, 3])
    expect(few([1, 2, 3, 4])).toBeUndefined()
  })

  it('[T2] with one wrong element are refused whole', () => {
    expect(few([1, 10])).toBeUndefined()
    expect(few([1, undefined])).toBeUndefined()
    for (const wrong of [{ length: 1, 0: 1 }, '12', null]) expect(few(wrong)).toBeUndefined()
  })
})

describe('objects', () => {
  const point = object({ x: integer(0, 9), label: optional(text(5)) })

  it('[T3] keep the fields that they name and drop the others', () => {
    expect(point({ x: 1, label: 'a', z: 3 })).toEqual({ x: 1, label: 'a' })
    expect(Object.keys(point({ x: 1 })!)).toEqual(['x'])
  })

  it('[T2] take an optional field absent, never wrong or null', () => {
    expect(point({ x: 1, label: undefined })).toEqual({ x: 1 })
    expect(point({ x: 1, label: null })).toBeUndefined()
    expect(point({ x: 1, label: 'too long' })).toBeUndefined()
  })

  it('[T2] are no arrays, null or plain values', () => {
    for (const wrong of [null, undefined, [], [{ x: 1 }], 'x', 1, () => ({ x: 1 })])
      expect(point(wrong)).toBeUndefined()
  })

  it('[T6] see own fields only', () => {
    expect(point(Object.create({ x: 1 }))).toBeUndefined()
    expect(point(JSON.parse('{"__proto__":{"x":1}}'))).toBeUndefined()
    expect(object({ constructor: text(5) })({})).toBeUndefined()
    expect(object({ toString: optional(text(5)) })({})).toEqual({})
  })

  it('[T6] never hand on a prototype from outside', () => {
    const read = point(JSON.parse('{"x":1,"__proto__":{"admin":true}}'))
    expect(read).toEqual({ x: 1 })
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
    expect('admin' in read!).toBe(false)
  })

  it('[T2] say which field is wrong, however deep', () => {
    const nested = object({ id: text(5), inner: optional(object({ point })) })
    expect(nested.wrongField({ inner: {} })).toBe('id')
    expect(nested.wrongField({ id: 'a', inner: 3 })).toBe('inner')
    expect(nested.wrongField({ id: 'a', inner: { point: { x: 10 } } })).toBe('inner.point.x')
    expect(nested.wrongField({ id: 'a' })).toBeUndefined()
    expect(nested.wrongField(null)).toBeUndefined()
  })
})
