/** How peers of a world misbehave: each changes what a peer says, and nothing else of it. */
import { Bitfield } from '../../shared/bitfield.ts'
import type { WireMessage } from '../../shared/wire.ts'

export type Behaviour = (message: WireMessage) => WireMessage | undefined

/** Sends every chunk with one byte changed. */
export const liar: Behaviour = (message) => {
  if (message.type !== 'data') return message
  const payload = message.payload.slice()
  payload[0]! ^= 0xff
  return { ...message, payload }
}

/** Says that it holds every chunk, and answers no request. */
export const boaster =
  (chunkCount: number): Behaviour =>
  (message) => {
    if (message.type === 'attach') return { ...message, have: Bitfield.full(chunkCount).bytes }
    return message.type === 'refuse' || message.type === 'data' ? undefined : message
  }

/** Says that it holds every chunk, and of each that it is asked for that it does not after all. */
export const recanter =
  (chunkCount: number): Behaviour =>
  (message) => {
    if (message.type === 'attach') return { ...message, have: Bitfield.full(chunkCount).bytes }
    if (message.type !== 'data') return message
    return { type: 'refuse', slot: message.slot, index: message.index, reason: 'missing' }
  }

/** Takes what it gets, and says that it holds nothing. */
export const freeRider: Behaviour = (message) => {
  if (message.type === 'have') return undefined
  return message.type === 'attach' ? { ...message, have: message.have.slice().fill(0) } : message
}

/** Says truly what it holds and what it fetches, and sends none of it. */
export const miser: Behaviour = (message) =>
  message.type === 'data' || message.type === 'refuse' ? undefined : message

/** Takes requests and sends one byte of each chunk. */
export const dripper: Behaviour = (message) => {
  if (message.type !== 'data') return message
  return message.offset === 0 ? { ...message, payload: message.payload.subarray(0, 1) } : undefined
}
