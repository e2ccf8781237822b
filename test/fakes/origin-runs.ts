/** What an engine driven by hand asks the origin for, and the faults of its answers. */
import type { EngineDriver } from './engine-driver.ts'

/** Where the origin was asked since the last `forget`: `own` is the file's own address. */
export const asked = (driver: EngineDriver) => driver.all('openRun').map(({ edge }) => edge ?? 'own')

/** The answer under way breaks off. */
export function breakOff(driver: EngineDriver, over: Parameters<EngineDriver['failRun']>[1] = {}) {
  driver.forget()
  driver.failRun([...driver.swarm.runs.keys()][0]!, over)
}
