/** The head of the request that asks for a WebSocket (RFC 6455 §1.3), for clients that are made by hand. */

/** Servers answer to any key; clients of a benchmark need not know theirs. */
const key = 'AAAAAAAAAAAAAAAAAAAAAA=='

/** @param headers further lines, such as `X-Forwarded-For: 192.0.2.1` */
export const upgradeRequest = (path: string, headers: readonly string[]): string =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
    ...headers,
    '\r\n',
  ].join('\r\n')
