/** What mends a proxy in front of a tracker, in the words of nginx and HAProxy. docs/guides/operating.md has it whole. */

export const upgradeRemedy = [
  'Something between here and the tracker drops the upgrade to WebSocket.',
  'nginx, in the location of the tracker:',
  '  proxy_http_version 1.1;',
  '  proxy_set_header Upgrade $http_upgrade;',
  '  proxy_set_header Connection "upgrade";',
  'HAProxy passes it by itself with "mode http" and without "option httpclose".',
]

export const subprotocolRemedy = [
  'The header Sec-WebSocket-Protocol does not come through, and browsers then end the connection.',
  'nginx passes it by itself: look for proxy_set_header Sec-WebSocket-Protocol "" or proxy_hide_header.',
  'HAProxy: look for http-request del-header or http-response del-header.',
]

export const silenceRemedy = [
  'The connection opens, but what is said does not come through: something buffers it or waits for its end.',
  'nginx: proxy_buffering off; in the location of the tracker; a cache or filter before it must let WebSockets pass.',
]

export const idleRemedy = (heartbeatSeconds: number) => [
  `A proxy must leave a connection alone that is quiet for longer than the tracker’s heartbeat of ${heartbeatSeconds} s.`,
  'nginx: proxy_read_timeout 120s; proxy_send_timeout 120s; in the location of the tracker',
  'HAProxy: timeout tunnel 1h',
  'Or let the tracker speak more often: --heartbeat 20s',
]

export const forwardedRemedy = [
  'To the tracker all visitors have the proxy’s own address: nobody is near anybody, and limits for one address hit all.',
  'nginx, in the location of the tracker: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
  'HAProxy, in the backend: option forwardfor',
  'And tell the tracker to believe that proxy: --trust-proxy loopback, or --trust-proxy with its address',
]

export const trustRemedy = [
  'X-Forwarded-For comes, but not from a proxy that the tracker believes: all visitors have the proxy’s own address.',
  'Say --trust-proxy loopback for a proxy on the same machine, or --trust-proxy with its address or range.',
]

export const spoofRemedy = [
  'Whoever writes X-Forwarded-For chooses an address: limits and bans are of no use, and locality is what anyone says.',
  'Let --trust-proxy name only your proxies, and let nobody reach the tracker’s port but them (--host 127.0.0.1).',
  'nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; adds the address that it sees',
  'Nothing is wrong when this machine is one of those proxies itself.',
]

export const stunRemedy = [
  'Peers behind a NAT find no way to each other without it. STUN is UDP, which proxies for HTTP do not pass: let the port',
  'through the firewall to the tracker’s own machine, or name servers that are elsewhere.',
]
