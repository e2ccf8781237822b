/** The settings of every command, each declared once. The tracker's, which two commands share, are in tracker-settings.ts. */
import { nameKind, optionalCountKind, originsKind, prefixKind, secretKind, swarmNamesKind } from './admission-kinds.ts'
import { workersKind } from './cluster-settings.ts'
import { keygenSettings, publishSettings, verifySettings } from './publishing-settings.ts'
import { joinTokenKind, tokenTextKind } from './secret-kinds.ts'
import { type SettingTable, type SettingValues, setting } from './setting.ts'
import {
  amountKind,
  anyUrlKind,
  choiceKind,
  durationKind,
  givenHostKind,
  hostKind,
  optionalPortKind,
  outputKind,
  pathKind,
  portKind,
  rateKind,
  swarmKind,
  switchKind,
  trackerKind,
  urlKind,
  wordsKind,
} from './setting-kinds.ts'
import { readerKeySetting, signerSettings, unsignedSetting } from './signing-settings.ts'
import { trackerSettings } from './tracker-settings.ts'

/** What programs that serve until they are stopped say alike. */
const runningSettings = {
  logLevel: setting(choiceKind('info', 'warn', 'error'), 'info', 'the least severe lines to log [info]'),
  config: setting(pathKind, undefined, 'a JSON file with any of these settings'),
}

/** What an operator needs of a server. */
const operatorSettings = {
  adminPort: {
    ...setting(optionalPortKind, undefined, 'a port for stats, bans and reloads; 0 takes any free one [none]'),
    section: 'operations',
  },
  adminHost: {
    ...setting(givenHostKind, '127.0.0.1', 'the address of the admin port [127.0.0.1]'),
    section: 'operations',
  },
  adminTokenFile: {
    ...setting(pathKind, undefined, 'the file with the secret of the admin port and of metrics [none]'),
    section: 'operations',
  },
  adminToken: {
    ...setting(tokenTextKind, undefined, 'the same; as a flag everyone on the machine can see it [none]'),
    section: 'operations',
    isSecret: true,
  },
} satisfies SettingTable

export type OperatorSettings = SettingValues<typeof operatorSettings>

const serverSettings = {
  ...operatorSettings,
  ...runningSettings,
  printConfig: setting(switchKind, false, 'print every setting, and who says so, and end'),
}

export const serveSettings = {
  folder: {
    ...setting(pathKind, undefined, 'the folder to serve [the current one; with --demo, none]'),
    positional: true,
  },
  port: setting(portKind, 8080, 'the port to listen on; 0 takes any free one [8080]'),
  host: setting(hostKind, undefined, 'the address to listen on [every address of this machine]'),
  egressRate: setting(rateKind, undefined, 'the most that all answers together send [none; with --demo, 4MiB/s]'),
  demo: setting(switchKind, false, 'serve the demo page at /, and the running Node executable as a download'),
  hashFolder: setting(pathKind, undefined, 'where the hashes of files are kept [~/.cache/nearcast]'),
  siteKeyFile: setting(pathKind, undefined, 'a secret that gives swarms names that nobody can guess [none]'),
  ...signerSettings,
  ...trackerSettings,
  ...serverSettings,
} satisfies SettingTable

/** `nearcast tracker`: the tracker alone. */
export const trackerCommandSettings = {
  port: setting(portKind, 8081, 'the port to listen on; 0 takes any free one [8081]'),
  host: setting(hostKind, undefined, 'the address to listen on [every address of this machine]'),
  workers: setting(workersKind, 1, 'processes that share the port, for a machine of several cores [1]'),
  ...trackerSettings,
  ...serverSettings,
} satisfies SettingTable

export type TrackerCommandSettings = SettingValues<typeof trackerCommandSettings>

/** `nearcast token`. */
export const tokenCommandSettings = {
  secretFile: setting(pathKind, undefined, 'the file with the secret that the tracker shares, for HS256'),
  tokenSecret: {
    ...setting(secretKind, undefined, 'the same as a text; better as NEARCAST_TOKEN_SECRET than here'),
    isSecret: true,
  },
  keyFile: setting(pathKind, undefined, 'the file with a private key of Ed25519, for EdDSA'),
  swarm: setting(swarmNamesKind, undefined, 'the swarms that it opens, by name, or any'),
  prefix: setting(prefixKind, undefined, "or the first digits of these swarms' names"),
  origin: setting(originsKind, undefined, 'the sites on whose pages alone it holds [any, and no page]'),
  ttl: setting(durationKind, 900_000, 'how long it holds [15m]'),
  uses: setting(optionalCountKind, undefined, 'on how many connections it can be used [any number]'),
  sub: setting(nameKind, undefined, 'for whom all is counted that is asked with it [the token itself]'),
  region: setting(nameKind, undefined, 'the region of its bearer [by address]'),
  peers: setting(optionalCountKind, undefined, "of how many peers it is told, like a seeder's 10000 [the tracker's]"),
  newSecret: setting(pathKind, undefined, 'makes a secret, in this new file'),
  newKey: setting(pathKind, undefined, 'makes a key in this new file, and its public half beside it in .pub'),
  config: setting(pathKind, undefined, 'a JSON file with any of these settings'),
} satisfies SettingTable

export type TokenCommandSettings = SettingValues<typeof tokenCommandSettings>

/** What `get` and `seed` say alike. */
const peerSettings = {
  tracker: setting(trackerKind, 'auto', "who names the peers; auto is the tracker at the file's own host [auto]"),
  key: readerKeySetting,
  uploadRate: setting(rateKind, Number.POSITIVE_INFINITY, 'the most that is sent to peers [none]'),
  token: {
    ...setting(secretKind, undefined, 'what the tracker wants to see; better as a variable or a file'),
    isSecret: true,
  },
  tokenFile: setting(pathKind, undefined, 'the file with that token, read again whenever it is shown'),
}

export const getSettings = {
  url: { ...setting(urlKind, undefined, 'the file to fetch'), positional: true },
  output: {
    ...setting(outputKind, undefined, "where to save it; - is stdout [the URL's last part, here]"),
    short: 'o',
  },
  force: { ...setting(switchKind, false, 'replace a file that is there already'), short: 'f' },
  ...peerSettings,
  mode: setting(
    choiceKind('balanced', 'fastest', 'frugal'),
    'balanced',
    'how peers and server share the work [balanced]',
  ),
  unsigned: unsignedSetting,
  linger: setting(durationKind, 0, 'go on serving peers so long afterwards, like 30s or 5m [0s]'),
  json: setting(switchKind, false, 'end with one line of JSON on stdout'),
  config: setting(pathKind, undefined, 'a JSON file with any of these settings'),
} satisfies SettingTable

export type GetSettings = SettingValues<typeof getSettings>

export const seedSettings = {
  sources: { ...setting(wordsKind, [], 'the files to keep available: URLs, or one folder'), positional: true },
  baseUrl: setting(urlKind, undefined, "where the folder's files are published, for a folder"),
  dir: setting(pathKind, undefined, 'where fetched files are kept [~/.cache/nearcast/seed]'),
  diskMax: setting(amountKind, Number.POSITIVE_INFINITY, 'the most that they may take there, like 20GiB [none]'),
  ...peerSettings,
  recheck: setting(durationKind, 300_000, 'how often the server is asked for a newer version [5m]'),
  ...runningSettings,
} satisfies SettingTable

export type SeedSettings = SettingValues<typeof seedSettings>

export const doctorSettings = {
  url: { ...setting(anyUrlKind, undefined, 'the site, or the tracker’s own URL'), positional: true },
  origin: setting(urlKind, undefined, 'the page that a visitor comes from [the tracker’s own host]'),
  token: {
    ...setting(joinTokenKind, undefined, 'a token to join with; better as NEARCAST_TOKEN than as a flag [none]'),
    isSecret: true,
  },
  swarm: setting(swarmKind, undefined, 'a swarm that the tracker serves, where it does not serve all'),
  slow: setting(switchKind, false, 'also keep a connection quiet for 75 s, as proxies do not like it'),
  json: setting(switchKind, false, 'print one line of JSON and nothing else'),
  config: setting(pathKind, undefined, 'a JSON file with any of these settings'),
} satisfies SettingTable

export type DoctorSettings = SettingValues<typeof doctorSettings>

/** Every command's settings: one environment serves them all. */
export const settingTables: readonly SettingTable[] = [
  serveSettings,
  trackerCommandSettings,
  getSettings,
  seedSettings,
  tokenCommandSettings,
  publishSettings,
  verifySettings,
  keygenSettings,
]

export type ServeSettings = SettingValues<typeof serveSettings>
