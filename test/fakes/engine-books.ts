/** What must be true of an engine after every input: its counts are the sums of what they count, and none is negative. */
import type { Engine } from '../../client/core/engine.ts'
import type { Remote } from '../../client/core/remote.ts'
import { slotCountMax } from '../../shared/limits.ts'

export function bookFaults(engine: Engine): string[] {
  const { core } = engine
  const faults: string[] = []
  const equal = (name: string, counted: number, is: number) => {
    if (counted !== is) faults.push(`${name} is ${counted} in place of ${is}`)
  }
  let hashingBytes = 0
  for (const swarm of core.swarms.values()) {
    for (const { bytes } of swarm.hashing.values()) hashingBytes += bytes.length
    for (let index = 0; index < swarm.geometry.chunkCount; index++) {
      let copies = 0
      for (const remote of core.remotes.values()) if (remote.holdings.get(swarm.id)?.have.has(index)) copies++
      if (swarm.copies[index] !== copies) equal(`copies of ${index}`, swarm.copies[index]!, copies)
      const isIdle = !swarm.have.has(index) && !swarm.flights.has(index) && !swarm.hashing.has(index)
      if (swarm.isIdle(index) !== isIdle) faults.push(`chunk ${index} is ${isIdle ? '' : 'not '}idle`)
    }
    for (const [index, transfers] of swarm.flights) {
      if (transfers.length === 0) faults.push(`chunk ${index} flies with nobody`)
      for (const transfer of transfers) {
        const { source } = transfer
        const runs = [...swarm.runs.values()].filter((run) => run.transfer === transfer)
        const isKnown =
          source === 'origin'
            ? runs.length === 1
            : core.remotes.get(source)?.transfers.get(swarm.id)?.get(index) === transfer
        if (!isKnown) faults.push(`chunk ${index} flies with ${source}, who does not know`)
      }
    }
  }
  equal('hashingBytes', core.hashingBytes, hashingBytes)
  for (const remote of core.remotes.values()) faults.push(...remoteFaults(engine, remote))
  if (!(core.wastedBytes >= 0)) faults.push(`wastedBytes is ${core.wastedBytes}`)
  if (Number.isNaN(engine.nextWake())) faults.push('nextWake is no number')
  return faults
}

function remoteFaults({ core }: Engine, remote: Remote): string[] {
  const faults: string[] = []
  let inFlightBytes = 0
  for (const [id, transfers] of remote.transfers) {
    for (const transfer of transfers.values()) {
      inFlightBytes += transfer.requestedBytes - transfer.receivedBytes
      const isKnown = core.swarms.get(id)?.flights.get(transfer.index)?.includes(transfer)
      if (!isKnown) faults.push(`a transfer of ${transfer.index} that its file does not know`)
      if (transfer.receivedBytes > transfer.requestedBytes) faults.push('more came than was asked for')
    }
  }
  const uploadBytes = remote.uploads.reduce((sum, { length, sentBytes }) => sum + length - sentBytes, 0)
  if (remote.inFlightBytes !== inFlightBytes)
    faults.push(`${remote.inFlightBytes} in flight in place of ${inFlightBytes}`)
  if (remote.uploadBytes !== uploadBytes) faults.push(`${remote.uploadBytes} to upload in place of ${uploadBytes}`)
  const slots = [...remote.mySlots.values()]
  if (new Set(slots).size !== slots.length) faults.push('two swarms in one slot')
  if (remote.theirSlots.size + remote.leftSlots.size > slotCountMax) faults.push('more slots than a link may have')
  for (const id of remote.holdings.keys()) {
    if (!core.swarms.has(id)) faults.push('holdings of a swarm that was left')
    if (![...remote.theirSlots.values()].includes(id)) faults.push('holdings without a slot')
  }
  return faults
}
