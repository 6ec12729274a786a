import type { Registry } from '@prom/metrics'
import type { Clock, Logger, Part } from '@prom/runtime'
import { buildGroup } from './build-group.ts'
import type { AlertSink, RuleAppender, RuleQueries } from './contract.ts'
import { EvaluationSlots } from './evaluation-slots.ts'
import type { GroupDeps, RuleGroup } from './rule-group.ts'
import { RuleMetrics } from './rule-metrics.ts'
import type { AlertingRuleStatus, RuleGroupStatus } from './rule-status.ts'
import type { RulesUpdate } from './rules-update.ts'

export interface RuleManagerOptions {
  /** `--rules.alert.resend-delay` */
  readonly resendDelayMs: number
  /** `--rules.alert.for-outage-tolerance` */
  readonly outageToleranceMs: number
  /** `--rules.alert.for-grace-period` */
  readonly forGracePeriodMs: number
  /** `--rules.max-concurrent-evals` with the feature concurrent-rule-eval; 0 or undefined: none. */
  readonly maxConcurrentEvals?: number
}

export const DEFAULT_RULE_OPTIONS: RuleManagerOptions = {
  resendDelayMs: 60_000,
  outageToleranceMs: 3_600_000,
  forGracePeriodMs: 600_000,
}

export interface RuleManagerDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Registry
  readonly queries: RuleQueries
  readonly appender: RuleAppender
  readonly alerts: AlertSink
}

interface Running {
  readonly group: RuleGroup
  readonly stop: AbortController
  done: Promise<void>
}

/** All rule groups: starts, replaces and stops them as the configuration says. */
export class RuleManager implements Part {
  readonly #deps: RuleManagerDeps
  readonly #groupDeps: GroupDeps
  readonly #ruleMetrics: RuleMetrics
  readonly #tails = new Set<Promise<void>>()
  readonly #started = new AbortController()
  readonly #stopped = new AbortController()
  #groups = new Map<string, Running>()
  #isFirstUpdate = true

  constructor(options: RuleManagerOptions, deps: RuleManagerDeps) {
    this.#deps = deps
    this.#ruleMetrics = new RuleMetrics(deps.metrics, deps.clock)
    const { resendDelayMs, outageToleranceMs, forGracePeriodMs } = options
    this.#groupDeps = {
      ...deps,
      metrics: this.#ruleMetrics,
      resendDelayMs,
      restore: { outageToleranceMs, forGracePeriodMs },
      slots: options.maxConcurrentEvals
        ? new EvaluationSlots(options.maxConcurrentEvals)
        : undefined,
    }
  }

  async run(signal: AbortSignal, ready: () => void): Promise<void> {
    this.#deps.log.info('Starting rule manager...')
    this.#started.abort()
    ready()
    await whenAborted(signal)
    this.#deps.log.info('Stopping rule manager...')
    this.#stopped.abort()
    for (const { stop } of this.#groups.values()) stop.abort()
    await Promise.all([...this.#groups.values()].map(({ done }) => done))
    await Promise.all(this.#tails)
    this.#deps.log.info('Rule manager stopped')
  }

  /**
   * Makes the groups those of the update. Unchanged groups run on untouched; changed ones finish their evaluation
   * and hand their state over; alerts of the first update are looked up in storage. Throws before anything changed.
   */
  async apply(update: RulesUpdate): Promise<void> {
    const needsRestore = this.#isFirstUpdate
    const wanted = update.files.flatMap(({ file, groups }) =>
      groups.map((group) => buildGroup(file, group, update, { needsRestore }, this.#groupDeps)),
    )
    this.#isFirstUpdate = false

    const before = this.#groups
    const next = new Map<string, Running>()
    const handOvers: Promise<void>[] = []
    for (const group of wanted) {
      const { key } = group
      if (next.has(key)) continue
      const old = before.get(key)
      before.delete(key)
      if (old && old.group.spec.fingerprint === group.spec.fingerprint) {
        next.set(key, old)
        continue
      }
      const running: Running = { group, stop: new AbortController(), done: Promise.resolve() }
      next.set(key, running)
      this.#ruleMetrics.addGroup(key, group.ruleCount, group.spec.intervalMs)
      const takeOver = this.#takeOver(old, group)
      handOvers.push(takeOver)
      running.done = takeOver.then(() => this.#runGroup(running))
    }
    this.#groups = next
    for (const [key, old] of before) {
      this.#ruleMetrics.removeGroup(key)
      this.#endGroup(old)
    }
    await Promise.all(handOvers)
  }

  async #takeOver(old: Running | undefined, group: RuleGroup): Promise<void> {
    if (!old) return
    old.stop.abort()
    await old.done
    group.copyState(old.group)
  }

  async #runGroup({ group, stop }: Running): Promise<void> {
    await Promise.race([whenAborted(this.#started.signal), whenAborted(stop.signal)])
    if (stop.signal.aborted || this.#stopped.signal.aborted) return
    await group.run(stop.signal)
  }

  /** Series of a removed group get stale markers, after a renamed group had time to write them again. */
  #endGroup(old: Running): void {
    const { clock } = this.#deps
    const removedAtMs = clock.now()
    const end = async () => {
      old.stop.abort()
      await old.done
      await clock.sleep(2 * old.group.spec.intervalMs, this.#stopped.signal)
      if (!this.#stopped.signal.aborted) await old.group.endSeries(removedAtMs)
    }
    const tail = end().finally(() => this.#tails.delete(tail))
    this.#tails.add(tail)
  }

  /** Ordered by file, then by name. */
  groups(): RuleGroupStatus[] {
    return [...this.#groups.values()]
      .map(({ group }) => group.status())
      .sort((a, b) => order(a.file, b.file) || order(a.name, b.name))
  }

  /** All alerting rules with their active alerts, in the order of their groups. */
  alertingRules(): AlertingRuleStatus[] {
    return this.groups().flatMap(({ rules }) => rules.filter((rule) => rule.type === 'alerting'))
  }
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
