/**
 * A film as a site has it: small fragments for HLS that were made with ffmpeg (film/make.sh), made as long as those of real
 * films by a box that players skip. Knows nothing of what is tested.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../house/modules.ts'

export const filmFolder = join(repository, 'test/fakes/film')
export const qualities = ['low', 'high'] as const
export type Quality = (typeof qualities)[number]

/** What each quality has, and for how long each plays. */
export const fragmentCount = 6
export const fragmentSeconds = 2

/** A box of a given length that says nothing (ISO/IEC 14496-12, `free`). */
function freeBox(bytes: number, seed: number): Buffer {
  const box = Buffer.alloc(bytes)
  for (let i = 8; i + 4 <= bytes; i += 4) box.writeUInt32LE(((i + seed) * 2654435761) >>> 0, i)
  box.writeUInt32BE(bytes, 0)
  box.write('free', 4)
  return box
}

/** The initialization of a quality, and its fragments, each about this long. */
export function filmPieces(quality: Quality, fragmentBytes: number): { init: Buffer; fragments: Buffer[] } {
  const folder = join(filmFolder, quality)
  const names = readdirSync(folder)
  const init = readFileSync(join(folder, names.find((name) => name.startsWith('init'))!))
  const fragments = Array.from({ length: fragmentCount }, (_, i) => {
    const bytes = readFileSync(join(folder, `${i}.m4s`))
    const padding = Math.max(8, fragmentBytes - bytes.length)
    return Buffer.concat([bytes, freeBox(padding, i * 7 + quality.length)])
  })
  return { init, fragments }
}

const head = (lines: string[]) => ['#EXTM3U', '#EXT-X-VERSION:7', ...lines]

export interface Listed {
  uri: string
  /** `length@offset` of a part of a file. */
  byteRange?: string
}

/** The playlist of a quality. */
export function playlist(
  listed: readonly Listed[],
  { init = 'init.mp4', first = 0, isOver = true, initRange = '' } = {},
): string {
  return [
    ...head([`#EXT-X-TARGETDURATION:${fragmentSeconds}`, `#EXT-X-MEDIA-SEQUENCE:${first}`]),
    ...(isOver && first === 0 ? ['#EXT-X-PLAYLIST-TYPE:VOD'] : []),
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-MAP:URI="${init}"${initRange === '' ? '' : `,BYTERANGE="${initRange}"`}`,
    ...listed.flatMap(({ uri, byteRange }) => [
      `#EXTINF:${fragmentSeconds}.0,`,
      ...(byteRange === undefined ? [] : [`#EXT-X-BYTERANGE:${byteRange}`]),
      uri,
    ]),
    ...(isOver ? ['#EXT-X-ENDLIST'] : []),
    '',
  ].join('\n')
}

const codecs = 'vp09.00.10.08'

/** The playlist of playlists. */
export function masterPlaylist(bytesPerFragment: Record<Quality, number>): string {
  const levels = qualities.flatMap((quality) => [
    `#EXT-X-STREAM-INF:BANDWIDTH=${(bytesPerFragment[quality] * 8) / fragmentSeconds},CODECS="${codecs}"`,
    `${quality}/film.m3u8`,
  ])
  return [...head([]), ...levels, ''].join('\n')
}

/** Writes all of it, as `film.m3u8` and what that names. */
export function writeFilm(
  write: (name: string, content: string | Uint8Array) => void,
  bytesPerFragment: Record<Quality, number>,
): void {
  write('film.m3u8', masterPlaylist(bytesPerFragment))
  for (const quality of qualities) {
    const { init, fragments } = filmPieces(quality, bytesPerFragment[quality])
    write(`${quality}/init.mp4`, init)
    for (const [i, bytes] of fragments.entries()) write(`${quality}/${i}.m4s`, bytes)
    write(`${quality}/film.m3u8`, playlist(fragments.map((_, i) => ({ uri: `${i}.m4s` }))))
  }
}
