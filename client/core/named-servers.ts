/** The servers that the tracker names: what the welcome said, and what changed since. Knows nobody who uses them. */
import type { IceServer, Servers } from '../../shared/servers.ts'
import type { Core } from './core.ts'

export class NamedServers {
  readonly #core: Core
  #stunPort: number | undefined
  #iceServers: readonly IceServer[] = []

  constructor(core: Core) {
    this.#core = core
  }

  /** A tracker's first words: what another one said before holds no longer. */
  welcome({ stunPort, iceServers = [], edges = [] }: Servers): void {
    this.#core.edges.use(edges)
    const isSame = stunPort === this.#stunPort && iceServers.length + this.#iceServers.length === 0
    this.#stunPort = stunPort
    this.#iceServers = iceServers
    if (!isSame) this.#tell()
  }

  /** What is left out stays as it was. */
  hear(said: Servers): void {
    if (said.edges !== undefined) this.#core.edges.use(said.edges)
    const { stunPort = this.#stunPort } = said
    const iceServers: readonly IceServer[] = said.iceServers ?? this.#iceServers
    if (stunPort === this.#stunPort && iceServers === this.#iceServers) return
    this.#stunPort = stunPort
    this.#iceServers = iceServers
    this.#tell()
  }

  #tell(): void {
    this.#core.emit({ type: 'iceServers', stunPort: this.#stunPort, iceServers: this.#iceServers })
  }
}
