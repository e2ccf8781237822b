/** How each source of chunks looks and is called: letter, name, hue, texture. Pure; knows no canvas. */

/** The first three sources of every chunk map. */
export const missing = 0
export const origin = 1
export const store = 2
const firstPeer = 3

export type Texture = 'plain' | 'hollow' | 'rising' | 'falling' | 'dot' | 'upright' | 'level' | 'cross'

/** Hues and textures repeat at lengths without a common factor, so that 42 visitors differ. */
const peerTextures: readonly Texture[] = ['rising', 'dot', 'upright', 'falling', 'level', 'cross']
const peerHueCount = 7

export interface SourceLook {
  /** Name of the CSS custom property that holds the colour. */
  colour: string
  texture: Texture
}

export function lookOf(source: number): SourceLook {
  if (source === missing) return { colour: '--source-missing', texture: 'plain' }
  if (source === origin) return { colour: '--source-origin', texture: 'plain' }
  if (source === store) return { colour: '--source-store', texture: 'hollow' }
  const peer = source - firstPeer
  return {
    colour: `--source-peer-${peer % peerHueCount}`,
    texture: peerTextures[peer % peerTextures.length]!,
  }
}

/** A, B, … Z, AA, AB, … for peers; empty for the other sources. */
export function letterOf(source: number): string {
  let rest = source - firstPeer + 1
  let letters = ''
  while (rest > 0) {
    rest--
    letters = String.fromCharCode(65 + (rest % 26)) + letters
    rest = Math.floor(rest / 26)
  }
  return letters
}

export function nameOf(source: number): string {
  if (source === missing) return 'Missing'
  if (source === origin) return 'Server'
  if (source === store) return 'This device'
  return `Visitor ${letterOf(source)}`
}
