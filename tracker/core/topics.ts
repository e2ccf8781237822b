/**
 * Under what name trackers tell each other of a swarm: a keyed hash, so that who can read the bus learns neither which
 * swarms there are nor where their peers may be. Peers of different scopes never meet, so each scope has a topic.
 */
import type { SwarmId } from '../../shared/ids.ts'
import type { Hmac } from './tickets.ts'

declare const brand: unique symbol

/** 22 digits of base64url. */
export type Topic = string & { readonly [brand]: 'Topic' }

const topicLength = 22

export const topicOf = (hmac: Hmac, { id, scope }: { id: SwarmId; scope: string }): Topic =>
  hmac(`nearcast topic 1\n${id}\n${scope}`).slice(0, topicLength) as Topic
