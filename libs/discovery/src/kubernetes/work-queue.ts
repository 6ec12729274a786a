import { CounterVec, GaugeVec, type Registry, SummaryVec } from '@prom/metrics'
import type { Clock } from '@prom/runtime'

const labelNames = ['queue_name']

/** `prometheus_sd_kubernetes_workqueue_*`: what waits to be worked out, by role. */
export class WorkQueueMetrics {
  readonly depth = new GaugeVec({
    name: 'prometheus_sd_kubernetes_workqueue_depth',
    help: 'Current depth of the work queue.',
    labelNames,
  })
  readonly items = new CounterVec({
    name: 'prometheus_sd_kubernetes_workqueue_items_total',
    help: 'Total number of items added to the work queue.',
    labelNames,
  })
  readonly #unfinished = new GaugeVec({
    name: 'prometheus_sd_kubernetes_workqueue_unfinished_work_seconds',
    help: 'How long an item has remained unfinished in the work queue.',
    labelNames,
  })
  readonly #longest = new GaugeVec({
    name: 'prometheus_sd_kubernetes_workqueue_longest_running_processor_seconds',
    help: 'Duration of the longest running processor in the work queue.',
    labelNames,
  })
  readonly latency: SummaryVec
  readonly work: SummaryVec

  constructor(registry: Registry, clock: Clock) {
    const seconds = (name: string, help: string) =>
      new SummaryVec({ name, help, labelNames, quantiles: [] }, clock)
    this.latency = seconds(
      'prometheus_sd_kubernetes_workqueue_latency_seconds',
      'How long an item stays in the work queue.',
    )
    this.work = seconds(
      'prometheus_sd_kubernetes_workqueue_work_duration_seconds',
      'How long processing an item from the work queue takes.',
    )
    registry.register(this.depth)
    registry.register(this.items)
    registry.register(this.latency)
    registry.register(this.#longest)
    registry.register(this.#unfinished)
    registry.register(this.work)
  }

  /** Shows a queue that is still empty. */
  open(name: string): void {
    for (const metric of [this.depth, this.items, this.latency, this.work]) metric.of(name)
    // Items are worked out at once, without anything else in between: none is ever seen under way.
    this.#unfinished.of(name)
    this.#longest.of(name)
  }
}

/** The keys that wait in one queue, each once. */
export class WorkQueue {
  readonly #name: string
  readonly #metrics: WorkQueueMetrics
  readonly #clock: Clock
  /** With the time they came. */
  readonly #waiting = new Map<string, number>()

  constructor(name: string, metrics: WorkQueueMetrics, clock: Clock) {
    this.#name = name
    this.#metrics = metrics
    this.#clock = clock
    metrics.open(name)
  }

  get size(): number {
    return this.#waiting.size
  }

  add(key: string): void {
    if (this.#waiting.has(key)) return
    this.#waiting.set(key, this.#clock.monotonic())
    this.#metrics.items.of(this.#name).inc()
    this.#metrics.depth.of(this.#name).set(this.#waiting.size)
  }

  /** Hands over all that wait; `work` is done with them when it returns. */
  take(work: (keys: readonly string[]) => void): void {
    const { latency, work: durations, depth } = this.#metrics
    const keys = [...this.#waiting.keys()]
    const started = this.#clock.monotonic()
    for (const since of this.#waiting.values()) {
      latency.of(this.#name).observe((started - since) / 1000)
    }
    this.#waiting.clear()
    work(keys)
    const each = (this.#clock.monotonic() - started) / 1000 / Math.max(1, keys.length)
    for (let i = 0; i < keys.length; i++) durations.of(this.#name).observe(each)
    depth.of(this.#name).set(this.#waiting.size)
  }
}
