/** How clients speak over their WebSockets, before a word is read. Knows no socket. */
import { trackerMessageBytesMax } from '../../shared/limits.ts'
import { trackerSubprotocol } from '../../shared/tracker-messages.ts'

/** Of one protocol. */
export interface Dialect {
  /** What they must offer; nothing for clients that offer none. */
  subprotocol: string | undefined
  messageBytesMax: number
  /** Latin-1 has one letter for each byte: for whoever reads UTF-8 without decoding it. */
  encoding: 'utf8' | 'latin1'
}

/** Of our own clients. */
export const nearcastDialect: Dialect = {
  subprotocol: trackerSubprotocol,
  messageBytesMax: trackerMessageBytesMax,
  encoding: 'utf8',
}
