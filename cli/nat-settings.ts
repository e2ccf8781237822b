/**
 * What can be set of the way through NATs: the tracker's own STUN port, other STUN servers, and TURN with the secret
 * that it shares with the tracker.
 */
import { isStunUrl, isTurnUrl } from '../shared/servers.ts'
import type { TrackerOptions } from '../tracker/main.ts'
import { spanKind } from './number-kinds.ts'
import { usageRefusal } from './refusal.ts'
import { SecretFile } from './secret-file.ts'
import { type SettingTable, type SettingValues, setting } from './setting.ts'
import { type Kind, listKind, pathKind, portKind } from './setting-kinds.ts'

const stunPortKind: Kind<number | 'off' | undefined> = {
  hint: '<off|number>',
  right: 'off, or a whole number from 0 to 65535, where 0 takes any free port',
  many: false,
  read: (value) => (value === 'off' ? value : portKind.read(value, '')),
}

/** Read from a file, or from a variable: on the command line everybody on the machine can see it. */
const secretKind: Kind<string | undefined> = {
  hint: '<secret>',
  right: 'a text of at least 16 characters: "openssl rand -base64 24" makes one',
  many: false,
  read: (value) => (typeof value === 'string' && /^[!-~]{16,512}$/.test(value) ? value : undefined),
}

export const natSettings = {
  stunPort: setting(stunPortKind, undefined, "the UDP port of the tracker's own STUN [the same number as the port]"),
  stunUrls: {
    ...setting(
      listKind('<stun-urls>', 'addresses like stun:stun.example.org:3478, with commas between', isStunUrl),
      [],
      'STUN servers to name to visitors in place of it [none]',
    ),
    section: 'nat',
  },
  turnUrls: {
    ...setting(
      listKind(
        '<turn-urls>',
        'addresses like turn:turn.example.org:3478?transport=udp, with commas between',
        isTurnUrl,
      ),
      [],
      'TURN servers for visitors who reach nobody directly [none]',
    ),
    section: 'nat',
  },
  turnSecret: {
    ...setting(secretKind, undefined, "what the TURN servers share with the tracker: coturn's static-auth-secret"),
    section: 'nat',
    isSecret: true,
  },
  turnSecretFile: { ...setting(pathKind, undefined, 'a file with it, in place of it'), section: 'nat' },
  turnTtl: { ...setting(spanKind, 3_600_000, "how long a visitor's credentials for TURN hold [1h]"), section: 'nat' },
} satisfies SettingTable

export type NatSettings = SettingValues<typeof natSettings>

/** @throws Refusal when the secret's file cannot be used */
export function natOptionsOf(
  settings: NatSettings,
): Pick<TrackerOptions, 'stunUrls' | 'turnUrls' | 'turnSecret' | 'turnTtlMs' | 'files'> {
  const { stunUrls, turnUrls, turnSecret, turnSecretFile, turnTtl } = settings
  if (turnSecret !== undefined && turnSecretFile !== undefined) {
    throw usageRefusal('--turn-secret and --turn-secret-file: one of them is enough')
  }
  const options = { stunUrls, turnUrls, turnSecret, turnTtlMs: turnTtl }
  if (turnSecretFile === undefined) return options
  const file = new SecretFile(turnSecretFile, 'the TURN secret', secretKind)
  return { ...options, turnSecret: () => file.secret, files: [file] }
}
