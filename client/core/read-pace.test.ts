import { describe, expect, it } from 'vitest'
import { KiB } from '../../shared/limits.ts'
import { ReadPace } from './read-pace.ts'

const chunkBytes = 64 * KiB

/** A reader for whom everything is here, on a clock of its own. */
class Player {
  readonly pace = new ReadPace(0, true, 0)
  now = 0

  /** Takes `bytes` every 20 ms. */
  play(ms: number, bytes: number): void {
    for (const end = this.now + ms; this.now < end; ) {
      this.now += 20
      this.pace.moved(this.pace.position + bytes, true, this.now)
    }
  }

  get bytesPerSecond(): number {
    return this.pace.bytesPerSecond(chunkBytes, this.now)
  }
}

describe('how fast a stream is read', () => {
  it('[S56] is the rate at which a player takes its bytes', () => {
    const player = new Player()
    player.play(2_000, 10_000)
    expect(player.bytesPerSecond).toBeCloseTo(500_000, -3)
    player.play(12_000, 20_000)
    expect(player.bytesPerSecond).toBeGreaterThan(950_000)
  })

  it('[S56] is not less for what the player did before it began, nor after a pause', () => {
    const player = new Player()
    player.now = 5_000
    player.play(200, 10_000)
    expect(player.bytesPerSecond).toBeGreaterThan(450_000)
    player.now += 60_000
    expect(player.bytesPerSecond).toBeLessThan(50_000)
    player.play(200, 10_000)
    expect(player.bytesPerSecond).toBeGreaterThan(400_000)
  })

  it('[S56] is at most what the reader has left untaken, as long as it has taken nothing', () => {
    const pace = new ReadPace(0, false, 0)
    pace.arrived(100)
    expect(pace.bytesPerSecond(chunkBytes, 1_000)).toBeLessThan(chunkBytes / 0.9)
    expect(pace.bytesPerSecond(chunkBytes, 10_000)).toBeLessThan(chunkBytes / 9)
  })

  it('[S56] is its own also when it had to wait now and then', () => {
    const player = new Player()
    for (let stall = 0; stall < 5; stall++) {
      player.play(980, 10_000)
      player.now += 20
      player.pace.moved(player.pace.position + 10_000, false, player.now)
      player.now += 200
      player.pace.arrived(player.now)
    }
    expect(player.bytesPerSecond).toBeGreaterThan(440_000)
    expect(player.bytesPerSecond).toBeLessThan(510_000)
  })

  it('[S56] goes on after a seek as before', () => {
    const player = new Player()
    player.play(2_000, 10_000)
    player.pace.moved(0, true, player.now)
    player.play(500, 10_000)
    expect(player.bytesPerSecond).toBeCloseTo(500_000, -3)
  })
})

describe('a reader', () => {
  it('[S56] that takes all there is wants more than comes', () => {
    const pace = new ReadPace(0, false, 0)
    expect(pace.isHungry(10)).toBe(true)
    for (let index = 1; index < 20; index++) {
      pace.arrived(index * 100)
      expect(pace.isHungry(index * 100 + 20)).toBe(true)
      pace.moved(index * chunkBytes, false, index * 100 + 20)
      expect(pace.isHungry(index * 100 + 90)).toBe(true)
    }
  })

  it('[S56] that leaves what came does not wait', () => {
    const pace = new ReadPace(0, false, 0)
    pace.arrived(100)
    expect(pace.isHungry(400)).toBe(false)
    pace.moved(10_000, true, 500)
    expect(pace.isHungry(500)).toBe(false)
  })
})
