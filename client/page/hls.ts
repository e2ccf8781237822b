/** Nearcast for hls.js: `new Hls(nearcastHls(client))`. Playlists and keys stay with hls.js, and come from the server. */
import type { FragmentLoaderConstructor } from 'hls.js'
import { FragmentTiming } from '../core/fragment-timing.ts'
import { type FilmClient, FragmentLoader } from './fragment-loader.ts'

/**
 * What hls.js is to be configured with, so that a film's fragments come through the client: from peers as well, verified,
 * and stored.
 * @param client of `createClient` or `Nearcast.tagClient()`; one client may serve several players
 */
export function nearcastHls(client: FilmClient): { fLoader: FragmentLoaderConstructor } {
  const timing = new FragmentTiming()
  return {
    fLoader: class extends FragmentLoader {
      constructor(config: ConstructorParameters<FragmentLoaderConstructor>[0]) {
        super(config, client, timing)
      }
    },
  }
}

export type { FilmClient }
