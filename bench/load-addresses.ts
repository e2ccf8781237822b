/** Where the visitors of a load come from, and what they would send each other. */

/** Half of them from ten networks of one provider, the others from everywhere, as a popular site sees them. */
export const addressOf = (number: number): string =>
  number % 2 === 0
    ? `84.210.${(number >> 1) % 10}.${1 + ((number >> 5) % 250)}`
    : `${20 + (number % 60)}.${1 + (number % 249)}.${(number >> 3) % 10}.${1 + (number % 250)}`

/** A data channel's description by Chrome, with the two candidates that most visitors have. */
export const descriptionOf = (address: string): string =>
  [
    'v=0',
    'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'a=extmap-allow-mixed',
    'a=msid-semantic: WMS',
    'm=application 54321 UDP/DTLS/SCTP webrtc-datachannel',
    `c=IN IP4 ${address}`,
    'a=candidate:3868024441 1 udp 2113937151 5b1a7b3c-9f5c-4c57-8d07-6f8c4c33d7f1.local 54321 typ host generation 0 network-cost 999',
    `a=candidate:842163049 1 udp 1677729535 ${address} 54321 typ srflx raddr 0.0.0.0 rport 0 generation 0 network-cost 999`,
    'a=ice-ufrag:Zk9L',
    'a=ice-pwd:Yt4cC0ThpZ6Tq3Vxk1m8b2Hc',
    'a=fingerprint:sha-256 49:66:12:17:0D:1C:91:AE:57:4C:C6:36:DD:D5:97:D2:7D:62:C9:9A:7F:B9:A3:F4:70:03:E7:43:91:73:23:5E',
    'a=setup:actpass',
    'a=mid:0',
    'a=sctp-port:5000',
    'a=max-message-size:262144',
    '',
  ].join('\r\n')
