/** What the server offers on this page: reads `/.nearcast/demo.json` and picks the file to show. Pure. */

export interface DemoFile {
  path: string
  name: string
  size: number
  type: string
  /** The one that the page shows first. */
  featured?: boolean
}

export interface Catalogue {
  files: DemoFile[]
  /** What the server sends in all, for the demonstration; null when it has no cap. */
  egressBytesPerSecondMax: number | null
  version: string
}

/** A folder with more files than this has a list that nobody reads. */
const filesMax = 500

/** @returns undefined when the value is not a catalogue; files of a wrong shape are left out */
export function parseCatalogue(value: unknown): Catalogue | undefined {
  if (!isRecord(value) || !Array.isArray(value.files)) return undefined
  const egress = value.egressBytesPerSecondMax
  return {
    files: value.files.filter(isDemoFile).slice(0, filesMax),
    egressBytesPerSecondMax: typeof egress === 'number' && egress > 0 ? egress : null,
    version: typeof value.version === 'string' ? value.version : '',
  }
}

/** The asked-for file, or else the featured one, or else the largest: the one that shows most. */
export function chosenFile(files: readonly DemoFile[], askedPath: string | null): DemoFile | undefined {
  return (
    files.find((file) => file.path === askedPath) ??
    files.find((file) => file.featured === true) ??
    files.reduce<DemoFile | undefined>((best, file) => (best && best.size >= file.size ? best : file), undefined)
  )
}

const kindsByType: Record<string, string> = {
  'application/octet-stream': 'Software',
  'application/x-executable': 'Software',
  'application/zip': 'ZIP archive',
  'application/gzip': 'Compressed archive',
  'application/x-tar': 'Archive',
  'application/x-7z-compressed': 'Archive',
  'application/x-iso9660-image': 'Disk image',
  'application/pdf': 'PDF document',
  'application/vnd.debian.binary-package': 'Debian package',
}

/** A media type in words where it has some. */
export function kindOf(type: string): string {
  const essence = type.split(';')[0]!.trim().toLowerCase()
  const known = kindsByType[essence]
  if (known) return known
  const [family, name = ''] = essence.split('/')
  if (family === 'video' || family === 'audio' || family === 'image' || family === 'font') {
    return `${name.replace(/^x-/, '').toUpperCase()} ${family}`
  }
  return essence
}

function isDemoFile(value: unknown): value is DemoFile {
  return (
    isRecord(value) &&
    typeof value.path === 'string' &&
    // Only a path of this server: `//elsewhere` and `https:` are other hosts.
    /^\/(?!\/)/.test(value.path) &&
    typeof value.name === 'string' &&
    typeof value.type === 'string' &&
    typeof value.size === 'number' &&
    value.size >= 0
  )
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
