/**
 * The web origins whose pages may use a tracker (RFC 6454 §7). A browser tells the truth about its page; anything else
 * can say what it likes, so this keeps other sites' pages away and authenticates nobody.
 */

/** The longest name of a host is 253 characters (RFC 1035 §2.3.4). */
const originLengthMax = 280

const named = /^(https?):\/\/(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::(\d{1,5}))?$/
const numbered = /^(https?):\/\/\[[0-9a-f:.]+\](?::(\d{1,5}))?$/

/** A browser leaves out the port that goes without saying. */
const defaultPorts: Record<string, string> = { http: '80', https: '443' }

/** `https://example.org`, `https://*.example.org`, `http://localhost:8080`, as browsers write them. */
export function isWebOrigin(text: unknown): text is string {
  if (typeof text !== 'string' || text.length > originLengthMax) return false
  const match = named.exec(text) ?? numbered.exec(text)
  if (match === null) return false
  const [, scheme, port] = match
  return port === undefined || (port !== defaultPorts[scheme!] && Number(port) <= 65535 && !port.startsWith('0'))
}

/** `https://*.example.org` covers every name below it, and not the name itself. */
export function coversOrigin(pattern: string, origin: string): boolean {
  if (pattern === origin) return true
  const [scheme, rest] = pattern.split('://*.')
  return rest !== undefined && origin.startsWith(`${scheme}://`) && origin.endsWith(`.${rest}`)
}
