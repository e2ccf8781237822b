/**
 * `npm run api`: writes what the built package lets others call into docs/api, so that a change of it shows in a diff.
 * With `--check` it writes nothing, and fails when the reports are not those of this build.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor'

const projectFolder = resolve(import.meta.dirname, '..')
const isCheck = process.argv.includes('--check')
const silent = { default: { logLevel: 'none' } }
const temporary = mkdtempSync(join(tmpdir(), 'nearcast-api-'))

/** @param {string} name of the report @param {string} entry @returns {boolean} whether the report is the build's */
function report(name, entry) {
  const extractorConfig = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(projectFolder, 'package.json'),
    configObject: {
      projectFolder,
      mainEntryPointFilePath: join(projectFolder, 'dist', entry),
      compiler: { tsconfigFilePath: join(projectFolder, 'tsconfig.json') },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: join(projectFolder, 'docs/api'),
        reportTempFolder: temporary,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: { extractorMessageReporting: silent, tsdocMessageReporting: silent, compilerMessageReporting: silent },
    },
  })
  const { apiReportChanged } = Extractor.invoke(extractorConfig, {
    localBuild: !isCheck,
    messageCallback: (message) => {
      message.handled = true
    },
  })
  console.log(
    `docs/api/${name}.api.md ${!apiReportChanged ? 'is right' : isCheck ? 'is not what this build has: npm run api' : 'written'}`,
  )
  return !apiReportChanged || !isCheck
}

const entries = { nearcast: 'client/index.d.ts', node: 'client/node.d.ts', hls: 'client/page/hls.d.ts' }
const outcomes = Object.entries(entries).map(([name, entry]) => report(name, entry))
rmSync(temporary, { recursive: true })
process.exitCode = outcomes.every(Boolean) ? 0 : 1
