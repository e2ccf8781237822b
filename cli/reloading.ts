/** What is read again from files while a program runs, at SIGHUP or when an operator asks. Knows no file. */

export interface Reloadable {
  /** As a person calls it: "the admin token". */
  readonly name: string
  /** Reads it again; what was read before holds when this throws or rejects. */
  reload(): void | Promise<void>
}

export interface ReloadReport {
  reloaded: string[]
  /** What could not be read, and why. */
  failed: { name: string; reason: string }[]
}

/** All of them, whatever becomes of each. */
export async function reloadAll(things: readonly Reloadable[]): Promise<ReloadReport> {
  const report: ReloadReport = { reloaded: [], failed: [] }
  for (const thing of things) {
    const { name } = thing
    try {
      await thing.reload()
      report.reloaded.push(name)
    } catch (error) {
      report.failed.push({ name, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return report
}
