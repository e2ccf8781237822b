/** What Nearcast is to reach, row by row, each with the bench that measures it. Measures nothing. */

/** What came of one aim. */
export interface Verdict {
  measured: string
  isReached: boolean
}

interface Aim {
  id: string
  scenario: string
  /** The physical bound, or what people use today. */
  against: string
  reach: string
  bench: string
}

export const aims = [
  {
    id: 'crowd-simulated',
    scenario: 'flash crowd, simulated, 100 and 1,000 peers, 256 chunks, zero delay and 40 ms',
    against: 'T* = max(F/us, F/dmin, N·F/(us+Σui)) (Kumar and Ross 2006)',
    reach: 'last ≤ 1.10 × T*, p99/p50 ≤ 1.25, origin ≤ 1.10 copies',
    bench: 'sim',
  },
  {
    id: 'crowd-headless',
    scenario: 'the same with 20 headless Node peers, 4 MiB, origin 1 MiB/s, uplinks 0.5 MiB/s',
    against: 'T*',
    reach: '≤ 1.25 × T*',
    bench: 'headless-crowd',
  },
  {
    id: 'crowd-chromium',
    scenario: 'the same with 8 Chromium tabs',
    against: 'T* = 6.4 s',
    reach: '≤ 1.25 × T*',
    bench: 'rival',
  },
  {
    id: 'offload',
    scenario: 'offload with peers joining over time',
    against: '(N−1)/N; Poisson 1−(1−e^−c)/c',
    reach: '≥ 0.98 and ≥ 0.95 of it',
    bench: 'sim',
  },
  {
    id: 'streaming',
    scenario: 'streaming 4 Mbit/s, 8 peers, 20 % of them stalling or lying, churn 10 %/min',
    against: '97.4 % in time (best published)',
    reach: '0 stalls, ≥ 99 % in time, offload ≥ 0.9 of ceiling',
    bench: 'sim',
  },
  {
    id: 'first-byte',
    scenario: 'first byte with peers on',
    against: 'plain `fetch` in the same run',
    reach: '≤ 1.02 × + 5 ms',
    bench: 'http',
  },
  {
    id: 'totals',
    scenario: 'total with no peer, tracker dead, all peers stalling; `fastest` with slow peers',
    against: 'plain `fetch` in the same run',
    reach: '≤ 1.03 ×',
    bench: 'http',
  },
  {
    id: 'floor',
    scenario: '`balanced`, origin 20 MiB/s to one client, peers together 4 MiB/s',
    against: 'the floor',
    reach: '≥ 0.95 × the floor, every peer byte used',
    bench: 'sim',
  },
  {
    id: 'greedy',
    scenario: 'three greedy peers of 32; half the peers free-riding',
    against: '415 % slower in the literature',
    reach: 'honest peers ≤ 1.10 ×; contributors ≤ 1.15 ×',
    bench: 'sim',
  },
  {
    id: 'regions',
    scenario: '4 regions of 50 peers, simulated',
    against: '–',
    reach: '≥ 90 % of peer bytes inside the region for ≤ 3 points of offload, one mesh in 1,000 of 1,000 seeds',
    bench: 'sim',
  },
  {
    id: 'link',
    scenario: 'one peer to one peer, Chromium, 64 MiB',
    against: 'bare RTCDataChannel in the same run',
    reach: '≥ 0.9',
    bench: 'link',
  },
  {
    id: 'delay-one',
    scenario: 'Chromium at 50 ms round trip, 16 MiB, one seeder',
    against: 'one bare RTCDataChannel in the same run',
    reach: '≥ 2 ×',
    bench: 'delay',
  },
  {
    id: 'delay-six',
    scenario: 'Chromium at 50 ms round trip, 16 MiB, six seeders',
    against: 'one bare RTCDataChannel in the same run',
    reach: '≥ 5 ×',
    bench: 'delay',
  },
  {
    id: 'rival-one',
    scenario: '1 seeder and 1 downloader, 64 MiB, Chromium',
    against: 'WebTorrent in the same run',
    reach: 'faster by ≥ 2 ×',
    bench: 'rival',
  },
  {
    id: 'rival-three',
    scenario: '1 seeder and 3 downloaders, 32 MiB, Chromium',
    against: 'WebTorrent in the same run',
    reach: 'faster by ≥ 2.5 ×',
    bench: 'rival',
  },
  {
    id: 'rival-crowd',
    scenario: 'the flash crowd of 8 Chromium tabs',
    against: 'WebTorrent with the same capped origin as its web seed, in the same run',
    reach: 'faster by ≥ 3.5 ×',
    bench: 'rival',
  },
  {
    id: 'tracker-bare',
    scenario: 'WebTorrent announces answered on one core, 1,000 and 8,000 sockets',
    against: 'a bare `ws` server that parses and answers',
    reach: '≥ 0.9 ×',
    bench: 'tracker',
  },
  {
    id: 'tracker-rival',
    scenario: 'WebTorrent announces answered on one core, 8,000 sockets',
    against: "bittorrent-tracker's server",
    reach: '≥ 1.5 ×',
    bench: 'tracker',
  },
  {
    id: 'tracker-offers',
    scenario: 'the same with 5 offers each, relayed and answered, 1,000 and 8,000 sockets',
    against: "bittorrent-tracker's server",
    reach: '≥ 1.3 ×',
    bench: 'tracker',
  },
  {
    id: 'tracker-joins',
    scenario: 'own protocol on one core: joins, and signals relayed; p99 at half of that load, 10,000 sockets',
    against: '–',
    reach: 'p99 ≤ 50 ms',
    bench: 'tracker',
  },
  {
    id: 'tracker-memory',
    scenario: 'memory for an idle joined socket beyond a bare `ws` server’s',
    against: '`ws` itself',
    reach: '≤ 4 KiB',
    bench: 'tracker',
  },
  {
    id: 'tracker-core',
    scenario: 'a join in a swarm of 50,000, the core alone',
    against: 'the same in a swarm of 100',
    reach: '≤ 20 µs and ≤ 1.5 ×',
    bench: 'tracker',
  },
  {
    id: 'tracker-fuzz',
    scenario:
      'honest joins beside a client that sends 10,000 messages a second, from one address and from ever new ones',
    against: 'the same tracker before',
    reach: 'p95 ≤ 2 ×, the client closed in 1 s, memory back to ± 10 %',
    bench: 'tracker-abuse',
  },
  {
    id: 'tracker-killed',
    scenario: '10,000 sockets cut at once by a tracker that is killed and started again',
    against: 'the window of 7 s over which clients come back',
    reach: 'all back as who they were, p99 ≤ the window + 2 s',
    bench: 'tracker-restart',
  },
  {
    id: 'tracker-drained',
    scenario: '10,000 sockets of a tracker that drains over 10 s while another one takes over',
    against: 'that window',
    reach: 'all back as who they were, p99 ≤ the window + 2 s',
    bench: 'tracker-restart',
  },
  {
    id: 'saving-memory',
    scenario: 'memory of all of Chromium over idle while a file of 1 GiB is saved to disk',
    against: '–',
    reach: '≤ 200 MiB',
    bench: 'saving',
  },
] as const satisfies readonly Aim[]

export type AimId = (typeof aims)[number]['id']

export type Verdicts = Partial<Record<AimId, Verdict>>
