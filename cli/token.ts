/** `nearcast token`: makes what a tracker with `--admission token` wants to see, or the keys for it. */
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mintToken, newTokenKeys, type SigningKey, signingKeyOf, type TokenClaims } from '../tracker/main.ts'
import { printHelp } from './help.ts'
import { readGiven, writeNew } from './key-file.ts'
import { exitCodes, Refusal, usageRefusal } from './refusal.ts'
import { readSettings } from './setting-sources.ts'
import { type TokenCommandSettings, tokenCommandSettings } from './settings.ts'

const help = {
  usage: 'nearcast token [options]',
  about: [
    'Makes a token for a tracker that runs with --admission token, and prints it alone. A site makes its own in its backend:',
    'docs/guides/admission.md has the ten lines. This is for tests, for seeders and for nearcast get.',
  ],
  settings: tokenCommandSettings,
  examples: [
    'nearcast token --new-secret tracker.secret',
    'nearcast token --secret-file tracker.secret --swarm any --ttl 15m --sub visitor-1234',
    'nearcast token --new-key site.pem        (and site.pem.pub for the tracker: --token-key-file)',
    'nearcast token --key-file site.pem --prefix 3f2a90c1 --origin https://example.org --uses 1',
  ],
}

/** As long as the tracker wants at least (RFC 7518 §3.2). */
const secretBytesMin = 32

function signingKey({ tokenSecret, secretFile, keyFile }: TokenCommandSettings): SigningKey {
  const given = [tokenSecret, secretFile, keyFile].filter((one) => one !== undefined).length
  if (given !== 1) {
    throw usageRefusal(
      'with what is it signed? give one of --secret-file, --key-file and NEARCAST_TOKEN_SECRET; --new-secret and --new-key make them',
    )
  }
  if (keyFile !== undefined) {
    try {
      return signingKeyOf(readGiven(keyFile))
    } catch (error) {
      if (error instanceof Refusal) throw error
      throw usageRefusal(`${keyFile} holds no private key of Ed25519 as PEM`)
    }
  }
  const key = Buffer.from(tokenSecret ?? readGiven(secretFile!))
  if (key.length < secretBytesMin) {
    throw usageRefusal(`the secret has ${key.length} bytes; a tracker takes none below ${secretBytesMin}`)
  }
  return { alg: 'HS256', key: Uint8Array.from(key) }
}

function claimsOf({ swarm, prefix, origin, uses, sub, region, peers }: TokenCommandSettings): TokenClaims {
  if (swarm === undefined && prefix === undefined) {
    throw usageRefusal('for which swarms? give --swarm names, --prefix digits, or --swarm any')
  }
  const isAny = swarm?.includes('any')
  if (isAny && swarm!.length > 1) throw usageRefusal('--swarm any is every swarm already')
  return {
    ...(swarm !== undefined && { swarms: isAny ? 'any' : swarm }),
    ...(prefix !== undefined && { prefix }),
    ...(origin !== undefined && { origin }),
    ...(sub !== undefined && { sub }),
    jti: randomBytes(12).toString('base64url'),
    ...(uses !== undefined && { uses }),
    ...(region !== undefined && { region }),
    ...(peers !== undefined && { peers }),
  }
}

/** What was made, and what to do with it. */
const secretMade = (path: string): string =>
  `${path}: a new secret of ${secretBytesMin} random bytes, which only you can read. It serves as one of these:
  for tokens       the tracker has it with --admission token --token-secret-file ${path},
                   the backend signs with it: nearcast token --secret-file ${path} --swarm any
  for swarm names  the server of the files has it, and nobody else: nearcast serve --site-key-file ${path}
`

const keysMade = (path: string): string =>
  `${path}: a new private key, which only you can read. It stays in the backend, which signs with it:
  nearcast token --key-file ${path} --swarm any
${path}.pub: its public key. The tracker has it with --admission token --token-key-file ${path}.pub
`

/** Prints a token, or makes keys. @throws Refusal why it cannot */
export async function token(args: readonly string[]): Promise<void> {
  const settings = readSettings(tokenCommandSettings, { args, env: process.env, workFolder: process.cwd() })
  if (settings === undefined) {
    console.log(printHelp(help, args))
    return
  }
  const { newSecret, newKey, ttl } = settings
  if (newSecret !== undefined) {
    writeNew(newSecret, `${randomBytes(secretBytesMin).toString('base64url')}\n`, 0o600)
    process.stderr.write(secretMade(newSecret))
    return
  }
  if (newKey !== undefined) {
    const { privatePem, publicPem } = newTokenKeys()
    writeNew(newKey, privatePem, 0o600)
    try {
      writeNew(`${newKey}.pub`, publicPem, 0o644)
    } catch (error) {
      // Half a pair is of no use, and would be in the way of the next one.
      rmSync(newKey)
      throw error
    }
    process.stderr.write(keysMade(newKey))
    return
  }
  if (ttl === 0) throw new Refusal('--ttl is 0s; the token would have run out already', exitCodes.usage)
  const key = signingKey(settings)
  console.log(await mintToken(claimsOf(settings), Math.floor((Date.now() + ttl) / 1_000), key))
}
