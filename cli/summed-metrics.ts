/** The metrics of several processes as those of one. What a process counted stays in the sums when it is gone. */
import { type Collected, type MetricsReading, printSum, type Sample } from './metrics.ts'

/** What only grows: a sum without it would fall, which reads as if all had begun anew. */
const growing: readonly string[] = ['counter', 'histogram']

const keyOf = ({ metricName = '', labels }: Sample): string => JSON.stringify([metricName, labels])

function added(former: Collected | undefined, latter: Collected): Collected {
  const samples = new Map(former?.values.map((sample) => [keyOf(sample), sample]))
  for (const sample of latter.values) {
    const key = keyOf(sample)
    samples.set(key, { ...sample, value: (samples.get(key)?.value ?? 0) + sample.value })
  }
  return { ...latter, values: [...samples.values()] }
}

export class SummedMetrics<Process> {
  readonly #readings = new Map<Process, MetricsReading>()
  readonly #gone = new Map<string, Collected>()

  take(process: Process, reading: MetricsReading): void {
    this.#readings.set(process, reading)
  }

  /** The process is gone. */
  end(process: Process): void {
    for (const metric of this.#readings.get(process) ?? []) {
      if (growing.includes(metric.type)) this.#gone.set(metric.name, added(this.#gone.get(metric.name), metric))
    }
    this.#readings.delete(process)
  }

  print(): Promise<string> {
    return printSum([...this.#readings.values(), [...this.#gone.values()]])
  }
}
