import { expect, it } from 'vitest'
import { swarmA, swarmB, TrackerCrowd } from '../../test/fakes/tracker-crowd.ts'

it('[T253] a census counts connections by address, network and place, and swarms by size', () => {
  const crowd = new TrackerCrowd()
  crowd.member('203.0.113.5', { country: 'NO' })
  crowd.member('203.0.113.5', { country: 'NO', swarm: swarmB })
  crowd.member('203.0.113.6', { have: 1, region: 'office' })
  crowd.connect('198.51.100.1')
  expect(crowd.machine.census()).toEqual({
    connections: {
      count: 4,
      addresses: 3,
      networks: 2,
      largestAddresses: [2, 1, 1],
      largestNetworks: [3, 1],
      places: { NO: 2, office: 1, unknown: 1 },
    },
    swarms: {
      count: 2,
      largest: [
        { peers: 2, downloading: 1 },
        { peers: 1, downloading: 1 },
      ],
    },
  })
})

it('[T253] a census of many shows the largest alone, and names none of them', () => {
  const crowd = new TrackerCrowd()
  for (let i = 0; i < 300; i++) crowd.member(`203.0.${i >> 4}.${i & 15}`)
  const { connections, swarms } = crowd.machine.census()
  expect(connections).toMatchObject({ count: 300, addresses: 300, networks: 19 })
  expect(connections.largestAddresses).toHaveLength(20)
  expect(swarms.largest).toEqual([{ peers: 300, downloading: 300 }])
  expect(JSON.stringify({ connections, swarms })).not.toContain(swarmA)
})
