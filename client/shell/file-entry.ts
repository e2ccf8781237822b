/** Opens a file whose manifest is here, or finds it open, and hands it the answer that is under way where that is of use. */
import { swarmIdOf } from '../../shared/ids.ts'
import { ChunkHashes, type Manifest } from '../../shared/manifest.ts'
import { AnswerBody } from './answer-body.ts'
import type { ByteRange } from './answer-head.ts'
import { pump } from './answer-pump.ts'
import { addressesAt } from './edge-address.ts'
import { OpenFile } from './open-file.ts'
import type { Opener, OpenRequest } from './opening.ts'

/** An answer that is under way. */
export interface EnteringAnswer {
  response: Response
  body: AnswerBody | undefined
  cancel: () => void
  range: ByteRange | undefined
}

export async function enter(
  opener: Opener,
  { url }: OpenRequest,
  manifest: Manifest,
  answer: EnteringAnswer | undefined,
): Promise<{ file: OpenFile; response: Response | undefined; range: ByteRange | undefined }> {
  const { runtime, vault, hasher, hints } = opener
  const plainId = swarmIdOf(manifest.root, hasher.sha256)
  const ownId = manifest.swarm ?? plainId
  // A manifest that gives this file another one's name is wrong: the two must not be taken for one another.
  const id = (runtime.fileOf(ownId)?.manifest.root ?? manifest.root) === manifest.root ? ownId : plainId
  const present = runtime.fileOf(id)
  if (present) {
    answer?.cancel()
    return { file: present, response: answer?.response, range: answer?.range }
  }
  const hashes = new ChunkHashes(manifest, hasher.sha256)
  const etag = answer?.response.headers.get('etag') ?? undefined
  const mirrors = opener.mirrorsFor(url, manifest.mirrors)
  const elsewhere = () => [...addressesAt(url, opener.edgesOf(url)), ...mirrors.values()]
  const file = new OpenFile({ url, id, manifest, hashes, etag, vault, elsewhere, mirrors })
  const opened = { swarm: id, manifest, hashes, hasEdges: opener.hasEdges(url), mirrors: [...mirrors.keys()] }
  runtime.addFile(file)
  const lookUp = async () => {
    const indexes = await vault.held(manifest.root)
    file.held(indexes)
    runtime.input({ type: 'held', swarm: id, indexes })
  }
  // Media elements ask for a whole file as the range from its first byte on.
  const { from, to } = answer?.range ?? { from: 0, to: manifest.geometry.fileBytes }
  if (answer && from === 0 && to === manifest.geometry.fileBytes) {
    const run = runtime.engine.takeRunId()
    runtime.addRun(run, answer.cancel)
    runtime.input({ type: 'open', ...opened, run: { id: run, to: manifest.geometry.fileBytes } })
    void pump(runtime, run, answer.body ?? new AnswerBody(answer.response.body!))
    // Nothing of this brings the first byte, and each would take its turn before it.
    void file.begun.then(() => {
      hints.add(url)
      return lookUp()
    })
  } else {
    // A range that begins inside a chunk cannot be verified by itself: whole chunks are asked for in its place.
    answer?.cancel()
    runtime.input({ type: 'open', ...opened })
    hints.add(url)
    await lookUp()
  }
  return { file, response: answer?.response, range: answer?.range }
}
