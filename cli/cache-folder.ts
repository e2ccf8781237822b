/** Where what can be made anew is kept between two runs. */
import { homedir } from 'node:os'
import { join } from 'node:path'

export const cacheFolder = (): string => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'nearcast')
