#!/usr/bin/env node
/** The `nearcast` command: finds the subcommand, and turns refusals into one line and an exit code. */
import { suggestion } from '../shared/suggestion.ts'
import { packageVersion } from './package.ts'
import { exitCodes, Refusal } from './refusal.ts'

interface Command {
  about: string
  /** Loaded when it is called for: `--help` must not wait for a server's modules. */
  load(): Promise<(args: readonly string[]) => Promise<void>>
}

const commands: Record<string, Command> = {
  serve: {
    about: 'serve a folder, the tracker and the script for pages on one port',
    load: async () => (await import('./serve.ts')).serve,
  },
  tracker: {
    about: 'the tracker alone, for pages and files that are served elsewhere',
    load: async () => (await import('./tracker.ts')).tracker,
  },
  publish: {
    about: 'write the manifests of a folder, for any static host',
    load: async () => (await import('./publish.ts')).publish,
  },
  verify: {
    about: 'check manifests against what they speak of, in a folder or at URLs',
    load: async () => (await import('./verify.ts')).verify,
  },
  keygen: {
    about: 'make the key that signs manifests',
    load: async () => (await import('./keygen.ts')).keygen,
  },
  get: {
    about: 'fetch a file, from peers as well, and check every byte',
    load: async () => (await import('./get.ts')).get,
  },
  token: {
    about: 'make a token for a tracker that wants one, or the key for it',
    load: async () => (await import('./token.ts')).token,
  },
  seed: {
    about: 'keep files available to peers, from a server or a folder',
    load: async () => (await import('./seed.ts')).seed,
  },
  doctor: {
    about: 'look at a tracker from outside, and say what is wrong with it',
    load: async () => (await import('./doctor.ts')).doctor,
  },
}

const help = `Usage: nearcast <command> [options]

Peer-to-peer, browser-assisted content delivery: a page's visitors serve its large files to one another.

${Object.entries(commands)
  .map(([name, { about }]) => `  ${name.padEnd(9)} ${about}`)
  .join('\n')}

  nearcast <command> --help says more, nearcast --version prints ${packageVersion}.`

function refuse(where: string, message: string, exitCode: number): void {
  process.stderr.write(`${where}: ${message}\n`)
  process.exitCode = exitCode
}

async function run([name, ...args]: readonly string[]): Promise<void> {
  if (name === '--help' || name === '-h' || name === 'help') {
    console.log(help)
  } else if (name === '--version' || name === '-v') {
    console.log(packageVersion)
  } else if (name === undefined) {
    refuse('nearcast', 'which command? nearcast --help lists them', exitCodes.usage)
  } else if (!Object.hasOwn(commands, name)) {
    const what = name.startsWith('-') ? 'option' : 'command'
    const meant = suggestion(name, Object.keys(commands))
    refuse('nearcast', `unknown ${what} ${JSON.stringify(name)}${meant}; nearcast --help lists them`, exitCodes.usage)
  } else {
    try {
      const command = await commands[name]!.load()
      await command(args)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      refuse(`nearcast ${name}`, error.message, error.exitCode)
    }
  }
}

await run(process.argv.slice(2))
