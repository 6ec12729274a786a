import type { Labels } from '@prom/labels'
import type { EvaluationSlots } from './evaluation-slots.ts'
import type { GroupRule, RuleDeps } from './group-rule.ts'
import { type RestoreOptions, restoreRule } from './restore.ts'
import { rowsAt } from './rule.ts'
import { planBatches } from './rule-dependencies.ts'
import { type RuleGroupStatus, ruleStatus } from './rule-status.ts'
import { groupOffset, slotAt } from './slot.ts'

export interface GroupDeps extends RuleDeps {
  readonly restore: RestoreOptions
  /** Undefined: the rules of a group are evaluated strictly one after another. */
  readonly slots?: EvaluationSlots | undefined
}

export interface GroupSpec {
  readonly file: string
  readonly name: string
  readonly intervalMs: number
  readonly queryOffsetMs: number
  readonly limit: number
  /** Equal for groups that need not be replaced by one another. */
  readonly fingerprint: string
  /** Whether alerts are looked up that were active before a restart. */
  readonly needsRestore: boolean
}

/** Rules that are evaluated together, one after another, once per interval. */
export class RuleGroup {
  readonly spec: GroupSpec
  readonly #rules: readonly GroupRule[]
  readonly #deps: GroupDeps
  #needsRestore: boolean
  #staleSeries: Labels[] = []
  #batches: readonly (readonly number[])[] | undefined
  #lastEvaluationMs = 0
  #evaluationSeconds = 0

  constructor(spec: GroupSpec, rules: readonly GroupRule[], deps: GroupDeps) {
    this.spec = spec
    this.#rules = rules
    this.#deps = deps
    this.#needsRestore = spec.needsRestore
  }

  get key(): string {
    return groupKey(this.spec.file, this.spec.name)
  }

  get ruleCount(): number {
    return this.#rules.length
  }

  /** Evaluates at every slot until `signal` aborts; the evaluation at hand is finished. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, metrics } = this.#deps
    const { file, name, intervalMs } = this.spec
    const offsetMs = groupOffset(file, name, intervalMs)
    let atMs = slotAt(clock.now(), offsetMs, intervalMs) + intervalMs
    await clock.sleepUntil(atMs, signal)
    for (let round = 0; !signal.aborted; round++) {
      await this.#iterate(atMs, signal)
      if (round === 1 && this.#needsRestore) await this.#restore()
      await clock.sleepUntil(atMs + intervalMs, signal)
      if (signal.aborted) return
      // Slots that went by while evaluating are skipped, and counted.
      const missed = Math.max(0, Math.floor((clock.now() - atMs) / intervalMs) - 1)
      if (missed > 0) {
        metrics.missed.of(this.key).inc(missed)
        metrics.iterations.of(this.key).inc(missed)
      }
      atMs += (missed + 1) * intervalMs
    }
  }

  async #iterate(atMs: number, signal: AbortSignal): Promise<void> {
    const { clock, metrics } = this.#deps
    metrics.iterations.of(this.key).inc()
    const startMs = clock.now()
    const start = clock.monotonic()
    await this.evaluate(atMs, signal)
    this.#evaluationSeconds = (clock.monotonic() - start) / 1000
    this.#lastEvaluationMs = startMs
    metrics.groupSeconds.observe(this.#evaluationSeconds)
    metrics.lastDuration.of(this.key).set(this.#evaluationSeconds)
    metrics.lastEvaluation.of(this.key).set(startMs / 1000)
    const sum = this.#rules.reduce((total, { outcome }) => total + outcome.evaluationSeconds, 0)
    metrics.lastRuleDurationSum.of(this.key).set(sum)
  }

  /**
   * One evaluation of all rules, in order: later ones see what earlier ones wrote. With slots, rules that do not
   * depend on one another run side by side. Never rejects.
   */
  async evaluate(atMs: number, signal?: AbortSignal): Promise<void> {
    const { slots } = this.#deps
    const { queryOffsetMs, file, name } = this.spec
    const moment = { atMs, queryOffsetMs, signal, origin: { ruleGroup: { file, name } } }
    this.#batches ??= slots
      ? planBatches(this.#rules.map(({ rule }) => rule))
      : this.#rules.map((_, index) => [index])
    let samples = 0
    for (const batch of this.#batches) {
      const beside: Promise<void>[] = []
      for (const index of batch) {
        if (signal?.aborted) break
        const work = async () => {
          samples += await (this.#rules[index] as GroupRule).evaluate(moment)
        }
        const running = batch.length > 1 ? slots?.tryRun(work) : undefined
        if (running) beside.push(running)
        else await work()
      }
      await Promise.all(beside)
      if (signal?.aborted) return
    }
    this.#deps.metrics.lastSamples.of(this.key).set(samples)
    await this.#writeStale(atMs)
  }

  async #restore(): Promise<void> {
    const { clock, log, metrics, queries, restore } = this.#deps
    const start = clock.monotonic()
    for (const { rule } of this.#rules) {
      if (rule.kind !== 'alerting') continue
      try {
        await restoreRule(rule, queries, restore, clock.now())
      } catch (err) {
        log.error("Failed to restore 'for' state", {
          alertname: rule.name,
          stage: 'Select',
          err: (err as Error).message,
        })
        rule.isRestored = true
      }
    }
    metrics.lastRestoreDuration.of(this.key).set((clock.monotonic() - start) / 1000)
    this.#needsRestore = false
  }

  /** Takes over what the group it replaces knew; series of rules that are gone become stale. */
  copyState(from: RuleGroup): void {
    this.#lastEvaluationMs = from.#lastEvaluationMs
    this.#evaluationSeconds = from.#evaluationSeconds
    const waiting = new Map<string, GroupRule[]>()
    for (const rule of from.#rules) {
      const same = waiting.get(rule.identity)
      if (same) same.push(rule)
      else waiting.set(rule.identity, [rule])
    }
    for (const rule of this.#rules) {
      const before = waiting.get(rule.identity)?.shift()
      if (before) rule.takeState(before)
    }
    const gone = [...waiting.values()].flat()
    this.#staleSeries = [...from.#staleSeries, ...gone.flatMap((rule) => [...rule.series()])]
  }

  /** Writes stale markers for all series of this group, which was removed at `removedAtMs`. */
  async endSeries(removedAtMs: number): Promise<void> {
    this.#staleSeries.push(...this.#rules.flatMap((rule) => [...rule.series()]))
    await this.#writeStale(removedAtMs)
  }

  async #writeStale(atMs: number): Promise<void> {
    if (this.#staleSeries.length === 0) return
    const gone = this.#staleSeries.map((labels) => labels.flat())
    this.#staleSeries = []
    try {
      await this.#deps.appender.append(rowsAt(atMs - this.spec.queryOffsetMs, [], gone))
    } catch (err) {
      const facts = { file: this.spec.file, group: this.spec.name, err: (err as Error).message }
      this.#deps.log.warn('Stale sample appending for previous configuration failed', facts)
    }
  }

  /** Rules whose last evaluation failed, and why. */
  failures(): { readonly name: string; readonly error: string }[] {
    return this.#rules.flatMap(({ rule, outcome }) =>
      outcome.lastError === '' ? [] : [{ name: rule.name, error: outcome.lastError }],
    )
  }

  status(): RuleGroupStatus {
    const { name, file, intervalMs, limit } = this.spec
    return {
      name,
      file,
      intervalMs,
      limit,
      evaluationSeconds: this.#evaluationSeconds,
      lastEvaluationMs: this.#lastEvaluationMs,
      rules: this.#rules.map(({ rule, outcome }) => ruleStatus(rule, outcome)),
    }
  }
}

/** As the original names a group in metrics and page tokens. */
export function groupKey(file: string, name: string): string {
  return `${file};${name}`
}
