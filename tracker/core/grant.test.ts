import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SwarmId } from '../../shared/ids.ts'
import { swarmA, swarmB } from '../../test/fakes/tracker-crowd.ts'
import { damagedJson } from '../../test/fuzz/json-arbitrary.ts'
import { type Grant, grantOf, type TokenSurroundings } from './grant.ts'

const wallMs = 1_900_000_000_000
const exp = wallMs / 1_000 + 600

const surroundings: TokenSurroundings = {
  wallMs,
  lifetimeMaxMs: 3_600_000,
  webOrigin: 'https://example.org',
  digest: 'digest',
}

const read = (claims: object, changes: Partial<TokenSurroundings> = {}) =>
  grantOf({ exp, swarms: [swarmA], ...claims }, { ...surroundings, ...changes })

function granted(claims: object): Grant {
  const outcome = read(claims)
  if (!outcome.ok) throw new Error(outcome.message)
  return outcome.grant
}

describe('the claims of a token', () => {
  it('[T120] give the swarms that they name, or that begin with their prefix, or any', () => {
    expect(granted({}).covers(swarmA)).toBe(true)
    expect(granted({}).covers(swarmB)).toBe(false)
    const site = granted({ swarms: undefined, prefix: 'bbbb' })
    expect(site.covers(swarmB)).toBe(true)
    expect(site.covers(swarmA)).toBe(false)
    expect(granted({ prefix: 'bbbb' }).covers(swarmA)).toBe(true)
    expect(granted({ swarms: 'any' }).covers('0'.repeat(40) as SwarmId)).toBe(true)
    expect(granted({ swarms: [] }).covers(swarmA)).toBe(false)
  })

  it('[T120] that name no swarms give none: nothing said is not everything', () => {
    expect(read({ swarms: undefined })).toMatchObject({ ok: false, code: 'bad-token' })
  })

  it('[T122] hold until their end, which is not further away than the operator allows', () => {
    expect(granted({}).leftMs).toBe(600_000)
    expect(read({ exp: wallMs / 1_000 })).toMatchObject({ ok: false, code: 'token-expired' })
    expect(read({ exp: wallMs / 1_000 - 100_000 })).toMatchObject({ ok: false, code: 'token-expired' })
    expect(read({ exp: wallMs / 1_000 + 3_600 })).toMatchObject({ ok: true })
    expect(read({ exp: wallMs / 1_000 + 3_700 })).toMatchObject({ ok: false, code: 'bad-token' })
    expect(read({ exp: undefined })).toMatchObject({ ok: false, code: 'bad-token' })
    expect(read({ exp: '2030' })).toMatchObject({ ok: false, code: 'bad-token' })
  })

  it('[T120] do not hold before their beginning, but for clocks that differ a little', () => {
    expect(read({ nbf: wallMs / 1_000 + 20 })).toMatchObject({ ok: true })
    expect(read({ nbf: wallMs / 1_000 + 100 })).toMatchObject({ ok: false, code: 'bad-token' })
  })

  it('[T120] that name a site hold for its pages alone, and for nothing that names no page', () => {
    expect(read({ origin: 'https://example.org' })).toMatchObject({ ok: true })
    expect(read({ origin: ['https://other.test', 'https://example.org'] })).toMatchObject({ ok: true })
    expect(read({ origin: 'https://other.test' })).toMatchObject({ ok: false, code: 'wrong-origin' })
    expect(read({ origin: [] })).toMatchObject({ ok: false, code: 'wrong-origin' })
    expect(read({ origin: 'https://example.org' }, { webOrigin: undefined })).toMatchObject({ code: 'wrong-origin' })
    expect(read({ origin: 'not an origin' })).toMatchObject({ ok: false, code: 'bad-token' })
  })

  it('[T124] say for whom all is counted: a subject, or else the token itself', () => {
    expect(granted({ sub: 'anna', jti: 'one' }).bearer).toBe(granted({ sub: 'anna', jti: 'two' }).bearer)
    expect(granted({ jti: 'one' }).bearer).not.toBe(granted({ sub: 'one' }).bearer)
    expect(granted({}).bearer).toContain('digest')
  })

  it('[T122] that limit their uses have an id to count by', () => {
    expect(granted({ jti: 'one', uses: 2 }).use).toEqual({ id: 'one', usesMax: 2 })
    expect(granted({ jti: 'one' }).use).toBeUndefined()
    expect(read({ uses: 2 })).toMatchObject({ ok: false, code: 'bad-token' })
    expect(read({ jti: 'one', uses: 0 })).toMatchObject({ ok: false, code: 'bad-token' })
  })

  it('[T120] of any shape give a grant or a refusal, and none without an end and swarms', () => {
    const right = fc.record({
      exp: fc.constant(exp),
      swarms: fc.constantFrom([swarmA], 'any'),
      prefix: fc.constant('abcd'),
      origin: fc.constant('https://example.org'),
      uses: fc.constant(1),
      jti: fc.string(),
    })
    fc.assert(
      fc.property(damagedJson(right), (text) => {
        let claims: unknown
        try {
          claims = JSON.parse(text)
        } catch {
          return
        }
        const outcome = grantOf(claims, surroundings)
        if (!outcome.ok) return void expect(outcome.message).not.toBe('')
        const said = claims as Record<string, unknown>
        expect(said.exp).toBe(exp)
        expect(said.swarms ?? said.prefix).toBeDefined()
      }),
    )
  })
})
