/** Where what can be made anew is kept between two runs. */
import { homedir } from 'node:os'
import { join } from 'node:path'

/** What was signed last, by key: none of it is secret, and to lose it is to believe an older version once. */
export const trustFolder = (): string => join(cacheFolder(), 'trust')

export const cacheFolder = (): string => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'nearcast')
