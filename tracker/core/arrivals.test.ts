import { describe, expect, it } from 'vitest'
import { farAddress, TrackerCrowd } from '../../test/fakes/tracker-crowd.ts'

const ofCrowd = (i: number) => `203.0.113.${1 + (i % 200)}`

describe('the first places of a swarm', () => {
  it('[T150] are not all those of one network: sixteen that come first have nobody else wait', () => {
    const crowd = new TrackerCrowd()
    for (let i = 0; i < 16; i++) crowd.member(ofCrowd(i))
    const others = Array.from({ length: 12 }, (_, i) => crowd.member(farAddress(i)))
    expect(others.map((id) => crowd.join(id).ahead)).toEqual(Array.from({ length: 12 }, (_, i) => 4 + i))
  })

  it('[T150] are, for those of that network, in the order in which they came', () => {
    const crowd = new TrackerCrowd()
    const members = Array.from({ length: 20 }, (_, i) => crowd.member(ofCrowd(i)))
    expect(members.map((id) => crowd.join(id).ahead)).toEqual([...Array(16).keys(), 16, 16, 16, 16])
    const mixed = crowd.member(farAddress(1))
    expect(crowd.join(mixed).ahead).toBe(4)
    expect(crowd.join(crowd.member(ofCrowd(21))).ahead).toBe(16)
  })

  it('[T150] are free again when those that had them are complete or gone', () => {
    const crowd = new TrackerCrowd()
    const members = Array.from({ length: 6 }, (_, i) => crowd.member(ofCrowd(i)))
    const other = crowd.member(farAddress(1))
    crowd.join(members[0]!, { have: 1 })
    crowd.leave(members[1]!)
    expect(crowd.join(other).ahead).toBe(2)
    const late = crowd.member(ofCrowd(7))
    expect(crowd.join(late).ahead).toBe(5)
    expect(crowd.join(other).ahead).toBe(2)
    for (const id of [...members.slice(2), late]) crowd.leave(id)
    expect(crowd.join(other).ahead).toBe(0)
  })
})
