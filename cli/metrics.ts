/**
 * The text that Prometheus reads: the metrics of the parts that a program is made of, of Node, and which version it is.
 * Reads stats once when it is asked, and costs nothing in between.
 */
import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client'
import type { Distribution, Metric, Reading } from '../shared/metric.ts'

/** A part of the program, with its table of metrics. */
export interface Part<Stats> {
  metrics: readonly Metric<Stats>[]
  stats(): Stats
}

export interface MetricsText {
  readonly contentType: string
  print(): Promise<string>
}

export interface Sample {
  metricName?: string
  labels: Readonly<Record<string, string | number>>
  value: number
}

/** What prom-client's registry prints; its own classes keep numbers of their own, which ours would only be copied to. */
export interface Collected {
  name: string
  help: string
  type: string
  values: Sample[]
  aggregator: string
}

/** Prometheus counts in buckets each of which contains those before it. */
function bucketSamples(name: string, { bounds, counts, sum }: Distribution): Sample[] {
  const samples: Sample[] = []
  let total = 0
  for (const [i, count] of counts.entries()) {
    total += count
    samples.push({ metricName: `${name}_bucket`, labels: { le: bounds[i] ?? '+Inf' }, value: total })
  }
  samples.push({ metricName: `${name}_sum`, labels: {}, value: sum })
  samples.push({ metricName: `${name}_count`, labels: {}, value: total })
  return samples
}

const plainSample = ({ labels = {}, value }: Reading): Sample => ({ labels, value })

function collected<Stats>(metric: Metric<Stats>, stats: Stats): Collected {
  const { name, help, type, together: aggregator = 'sum' } = metric
  const values = type === 'histogram' ? bucketSamples(name, metric.read(stats)) : metric.read(stats).map(plainSample)
  return { name, help, type, values, aggregator }
}

/** All metrics of one process, as they go to another. */
export type MetricsReading = readonly Collected[]

export interface Metrics extends MetricsText {
  add<Stats>(part: Part<Stats>): void
  read(): Promise<MetricsReading>
}

/** Those of several processes together; how they are summed, and in which order they stand, is said by the first. */
export const printSum = (readings: readonly MetricsReading[]): Promise<string> =>
  AggregatorRegistry.aggregate([...readings]).metrics()

/** @param version of this package */
export function createMetrics(version: string): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const parts: (() => Collected[])[] = []
  const all = new Map<string, Collected>()
  const register = (name: string) => {
    const metric = { name, get: async () => all.get(name)! }
    // A registry asks of a metric these two alone, and names by its type only classes of its own.
    registry.registerMetric(metric as unknown as Parameters<typeof registry.registerMetric>[0])
  }
  const build = { version, node: process.version }
  const info = { name: 'build_info', help: 'The running version.', type: 'gauge', aggregator: 'first' }
  all.set(info.name, { ...info, values: [{ labels: build, value: 1 }] })
  register(info.name)
  const collect = () => {
    for (const part of parts) for (const one of part()) all.set(one.name, one)
  }
  return {
    contentType: registry.contentType,
    add({ metrics, stats }) {
      parts.push(() => {
        const now = stats()
        return metrics.map((metric) => collected(metric, now))
      })
      for (const { name } of metrics) register(name)
    },
    print() {
      collect()
      return registry.metrics()
    },
    read() {
      collect()
      // The package's type leaves out what it gives.
      return registry.getMetricsAsJSON() as unknown as Promise<MetricsReading>
    },
  }
}
