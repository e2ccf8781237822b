/** The packages of bench/webtorrent: what Nearcast is compared and tested with. Installed on demand, with scripts off. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('webtorrent', import.meta.url))

export const webTorrentModules = new URL('webtorrent/node_modules/', import.meta.url)

/** Installs what is missing, exactly as locked. */
export function installWebTorrent(): void {
  if (existsSync(new URL('webtorrent/package.json', webTorrentModules))) return
  const args = ['ci', '--ignore-scripts', '--omit=optional', '--prefix', folder]
  const { status } = spawnSync('npm', args, { stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed`)
}

const versionOf = (name: string): string =>
  JSON.parse(readFileSync(new URL(`${name}/package.json`, webTorrentModules), 'utf8')).version

export const webTorrentVersions = (): Record<string, string> => ({
  webtorrent: versionOf('webtorrent'),
  'bittorrent-tracker': versionOf('bittorrent-tracker'),
})
