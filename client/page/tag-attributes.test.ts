import { describe, expect, it } from 'vitest'
import { readTag } from './tag-attributes.ts'

describe('the attributes of the script tag', () => {
  it('[B3] set every option of a client', () => {
    const { settings, complaints } = readTag({
      tracker: 'wss://t.example/',
      mode: 'frugal',
      key: 'ed25519:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
      unsigned: 'error',
      mirrors: 'https://a.example/ https://b.example/x/',
      stun: 'stun:a.example:3478, stun:b.example',
      iceTransportPolicy: 'relay',
      uploadMax: '0',
      uploadPeerMax: ' 4096 ',
      uploadRatio: '1.5',
      metered: 'download',
      batteryMin: '0',
      hiddenMax: 'unlimited',
      store: 'memory',
      memoryMax: '1048576',
      consent: 'granted',
      tokenUrl: '/token',
      match: '*.mp4',
      worker: '/sw.js',
    })
    expect(complaints).toEqual([])
    expect(settings).toEqual({
      consent: 'granted',
      tokenUrl: '/token',
      token: undefined,
      match: '*.mp4',
      worker: '/sw.js',
      options: {
        tracker: 'wss://t.example/',
        mode: 'frugal',
        key: 'ed25519:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
        unsigned: 'error',
        mirrors: ['https://a.example/', 'https://b.example/x/'],
        iceServers: [{ urls: ['stun:a.example:3478', 'stun:b.example'] }],
        iceTransportPolicy: 'relay',
        uploadBytesPerSecondMax: 0,
        uploadPeerBytesPerSecondMax: 4096,
        uploadRatioMax: 1.5,
        metered: 'download',
        batteryPercentMin: 0,
        hiddenSecondsMax: Number.POSITIVE_INFINITY,
        store: 'memory',
        memoryBytesMax: 1_048_576,
      },
    })
  })

  it('[B3] take servers with passwords as JSON', () => {
    const server = { urls: 'turn:t.example', username: 'u', credential: 'c' }
    expect(readTag({ iceServers: JSON.stringify([server]) }).settings?.options.iceServers).toEqual([server])
  })

  it.each([
    ['mode', 'turbo', 'data-mode is "turbo": it must be balanced, fastest, frugal'],
    ['consent', 'yes', 'data-consent is "yes": it must be ask, granted, off, denied'],
    ['uploadMax', '1 k', 'data-upload-max is "1 k": it must be 0 or more'],
    ['uploadPeerMax', '-1', 'data-upload-peer-max is "-1": it must be 0 or more'],
    ['uploadRatio', '-1', 'data-upload-ratio is "-1": it must be 0 or more'],
    ['tracker', 'ftp://x', `data-tracker is "ftp://x": it must be a ws or wss URL, or 'auto'`],
    ['mirrors', 'https://a.example', 'it must be http or https URLs that end with /'],
    ['key', 'ed25519:x', 'data-key is "ed25519:x": it must be ed25519: and 43 letters'],
    ['metered', 'no', 'data-metered is "no": it must be off, download, on'],
    ['memoryMax', '', 'data-memory-max is "": it must be 0 or more'],
    ['iceServers', '{"urls":"turn:x"}', 'data-ice-servers is "{"urls":"turn:x"}": it must be a list such as'],
    ['iceServers', 'turn:x', 'it must be a list such as'],
    ['unsigned', 'maybe', 'data-unsigned is "maybe": it must be plain, error'],
    ['match', '*.a '.repeat(65), 'it must be at most 64 patterns'],
    ['store', 'cloud', 'data-store is "cloud": it must be device, memory'],
  ])('[B4] with data-%s="%s" are plain HTTP, and say what would be right', (name, value, complaint) => {
    const { settings, complaints } = readTag({ consent: 'granted', [name]: value })
    expect(settings).toBeUndefined()
    expect(complaints).toEqual([expect.stringContaining(complaint)])
  })

  it('[B4] that nobody knows are named, and the others hold', () => {
    const { settings, complaints } = readTag({ trakcer: 'auto', consent: 'granted' })
    expect(settings).toMatchObject({ consent: 'granted', options: {} })
    expect(complaints).toEqual([expect.stringMatching(/^there is no data-trakcer: there are data-tracker, /)])
  })

  it.each([
    [undefined, 'off'],
    ['off', 'off'],
    ['denied', 'denied'],
    ['ask', 'ask'],
    ['granted', 'granted'],
  ])('[B5] with data-consent=%s say %s', (consent, read) => {
    expect(readTag({ consent }).settings?.consent).toBe(read)
  })
})
