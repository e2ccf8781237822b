import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Refusal } from './refusal.ts'
import { readSettings } from './setting-sources.ts'
import { getSettings, seedSettings, serveSettings } from './settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'nearcast-settings-'))
afterAll(() => rmSync(folder, { recursive: true }))

const workFolder = resolve('/work-folder')

function read(args: string[], env: Record<string, string> = {}) {
  const settings = readSettings(serveSettings, { args, env, workFolder })
  if (settings === undefined) throw new Error('--help was asked for')
  return settings
}

function refusal(args: string[], env: Record<string, string> = {}): string {
  try {
    read(args, env)
  } catch (error) {
    if (error instanceof Refusal) {
      expect(error.exitCode).toBe(2)
      expect(error.message).not.toContain('\n')
      return error.message
    }
    throw error
  }
  throw new Error('nothing was refused')
}

let configCount = 0
function config(content: unknown): string {
  const path = join(folder, `config-${configCount++}.json`)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

describe('where settings come from', () => {
  it('has a default for each', () => {
    expect(read([])).toMatchObject({
      folder: undefined,
      port: 8080,
      host: undefined,
      egressRate: undefined,
      demo: false,
      regions: [],
      trustProxy: [],
      hashFolder: undefined,
      logLevel: 'info',
      config: undefined,
    })
  })

  it('[D5] flags win over variables, variables over the file, the file over the defaults', () => {
    const path = config({ port: 1, host: 'file.example', demo: true, 'egress-rate': '1MiB/s' })
    const env = { NEARCAST_PORT: '2', NEARCAST_HOST: 'variable.example', NEARCAST_CONFIG: path }
    expect(read(['--port', '3'], env)).toMatchObject({
      port: 3,
      host: 'variable.example',
      demo: true,
      egressRate: 1_048_576,
      logLevel: 'info',
    })
  })

  it('[D5] a flag can switch off what the file switched on', () => {
    expect(read(['--no-demo', '--config', config({ demo: true })]).demo).toBe(false)
  })

  it('the last of a repeated flag counts', () => {
    expect(read(['--port', '1', '--port=2']).port).toBe(2)
  })

  it('[D5] an empty variable is one that is not set', () => {
    expect(read([], { NEARCAST_PORT: '' }).port).toBe(8080)
  })

  it('what Kubernetes sets beside a service called nearcast is no setting', () => {
    const env = {
      NEARCAST_PORT: 'tcp://10.0.0.1:80',
      NEARCAST_SERVICE_HOST: '10.0.0.1',
      NEARCAST_PORT_80_TCP: 'tcp://10.0.0.1:80',
    }
    expect(read([], env).port).toBe(8080)
  })

  it('[D5] relative paths start where they were written: the work folder, or the folder of the config file', () => {
    expect(read(['files', '--hash-folder', 'hashes'])).toMatchObject({
      folder: join(workFolder, 'files'),
      hashFolder: join(workFolder, 'hashes'),
    })
    expect(read(['--config', config({ folder: './files' })]).folder).toBe(join(folder, 'files'))
  })

  it('--help is noticed wherever it stands', () => {
    expect(readSettings(serveSettings, { args: ['x', '--port', '1', '-h'], env: {}, workFolder })).toBeUndefined()
  })

  it('"none" is a rate without a cap, which differs from saying nothing', () => {
    expect(read(['--egress-rate', 'none']).egressRate).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('lists', () => {
  const office = { name: 'office', cidrs: ['10.1.0.0/16', 'fd00:1::/32'] }
  const lab = { name: 'lab', cidrs: ['192.168.7.0/24'] }

  it('regions mean the same as a flag, as repeated flags, as a variable and in the file', () => {
    const one = 'office=10.1.0.0/16,fd00:1::/32'
    const two = 'lab=192.168.7.0/24'
    expect(read(['--regions', `${one};${two}`]).regions).toEqual([office, lab])
    expect(read(['--regions', one, '--regions', two]).regions).toEqual([office, lab])
    expect(read([], { NEARCAST_REGIONS: `${one}; ${two}` }).regions).toEqual([office, lab])
    const path = config({ regions: { office: office.cidrs, lab: '192.168.7.0/24' } })
    expect(read(['--config', path]).regions).toEqual([office, lab])
  })

  it('proxies can be addresses, ranges and well-known names', () => {
    expect(read(['--trust-proxy', 'loopback, 10.0.0.0/8', '--trust-proxy', '::1']).trustProxy).toEqual([
      'loopback',
      '10.0.0.0/8',
      '::1',
    ])
  })

  it.each(['office', 'office=', '=10.0.0.0/8', 'office=10.0.0.0/33', 'office=10.0.0', 'a=10.0.0.0/8;', 'a=::/129'])(
    '[D3] refuses the regions %j',
    (text) => {
      expect(refusal(['--regions', text])).toContain('--regions is')
    },
  )
})

describe('what is wrong is refused by its name, with its value and what would be right', () => {
  it('[D3] in a flag', () => {
    expect(refusal(['--port', '99999'])).toBe(
      '--port is "99999"; it must be a whole number from 0 to 65535, where 0 takes any free port',
    )
  })

  it('[D3] in a variable', () => {
    expect(refusal([], { NEARCAST_EGRESS_RATE: 'fast' })).toBe(
      'NEARCAST_EGRESS_RATE is "fast"; it must be a rate of at least 1KiB/s, like 4MiB/s or 100Mbit/s, or none',
    )
  })

  it('[D3] in the config file, also when a flag overrules it', () => {
    const path = config({ port: 'http' })
    expect(refusal(['--config', path, '--port', '1'])).toContain(`"port" in ${path} is "http"; it must be a whole`)
  })

  it.each([
    ['--port', '-1'],
    ['--port', '80.5'],
    ['--port', ''],
    ['--host', 'a b'],
    ['--egress-rate', '0'],
    ['--egress-rate', '10B/s'],
    ['--trust-proxy', 'everyone'],
    ['--log-level', 'loud'],
    ['--hash-folder', 'a\0b'],
    ['--demo=maybe', ''],
  ])('[D3] %s %j', (flag, value) => {
    const args = flag.includes('=') ? [flag] : [flag, value]
    expect(refusal(args)).toMatch(new RegExp(`^${flag.split('=')[0]} is .*; it must be `))
  })

  it('a very long value is shown in part', () => {
    expect(refusal(['--host', ' '.repeat(100_000)]).length).toBeLessThan(300)
  })

  it('a flag without its value', () => {
    expect(refusal(['--port'])).toContain('--port needs a value: a whole number')
  })

  it('[D3] what nobody knows, with the nearest known name', () => {
    expect(refusal(['--prot', '1'])).toBe('unknown option --prot (did you mean --port?)')
    expect(refusal(['--egress'])).toBe('unknown option --egress (did you mean --egress-rate?)')
    expect(refusal(['--verbose-everything'])).toBe('unknown option --verbose-everything')
    expect(refusal(['--no-port'])).toContain('unknown option --no-port')
    expect(refusal(['-x'])).toContain('unknown option -x')
    expect(refusal([], { NEARCAST_PROT: '1' })).toBe('unknown variable NEARCAST_PROT (did you mean NEARCAST_PORT?)')
    const path = config({ hashfolder: '/x' })
    expect(refusal(['--config', path])).toBe(`unknown setting "hashfolder" in ${path} (did you mean hash-folder?)`)
    expect(refusal(['--config', config('{"__proto__": 1}')])).toContain('unknown setting "__proto__"')
  })

  it('a second folder', () => {
    expect(refusal(['a', 'b'])).toBe('unexpected argument "b"')
  })

  it('a config file that is missing, a folder, not JSON, or not an object', () => {
    expect(refusal(['--config', join(folder, 'absent.json')])).toContain('absent.json does not exist')
    expect(refusal(['--config', folder])).toContain('is a folder')
    expect(refusal(['--config', config('{port: 1}')])).toContain('is not JSON')
    expect(refusal(['--config', config([1])])).toContain('must hold one JSON object')
  })
})

describe('the settings of get and seed', () => {
  const at = (args: string[], env: Record<string, string> = {}) => ({ args, env, workFolder })

  it('[D5] short flags, and an environment that is meant for another command as well', () => {
    const env = { NEARCAST_PORT: '8081', NEARCAST_UPLOAD_RATE: '1MiB/s' }
    const settings = readSettings(getSettings, at(['http://a.example/b', '-f', '-o', 'x.zip', '--linger', '1m'], env))
    expect(settings).toMatchObject({
      url: 'http://a.example/b',
      force: true,
      output: join(workFolder, 'x.zip'),
      uploadRate: 1_048_576,
      linger: 60_000,
      tracker: 'auto',
    })
    expect(readSettings(getSettings, at(['http://a.example/b', '-o', '-']))).toMatchObject({ output: '-' })
  })

  it('[D5] several words, in their order', () => {
    const settings = readSettings(seedSettings, at(['http://a.example/1', '--disk-max', '2GB', 'http://a.example/2']))
    expect(settings).toMatchObject({ sources: ['http://a.example/1', 'http://a.example/2'], diskMax: 2e9 })
  })

  it.each([
    [getSettings, ['nonsense'], 'the url is "nonsense"; it must be an http or https URL'],
    [getSettings, ['http://a/b', 'http://a/c'], 'unexpected argument "http://a/c"'],
    [getSettings, ['--tracker', 'http://a'], '--tracker is "http://a"; it must be auto, none, or a ws or wss URL'],
    [getSettings, ['--linger', '5'], '--linger is "5"; it must be a time like 30s, 5m or 2h'],
    [seedSettings, ['--disk-max', 'much'], '--disk-max is "much"; it must be an amount of bytes'],
    [seedSettings, ['--output', 'x'], 'unknown option --output'],
  ])('[D3] %# is refused', (table, args, reason) => {
    expect(() => readSettings(table, at(args))).toThrow(reason)
  })
})
