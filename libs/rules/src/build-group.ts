/** Makes a group to run out of a checked configuration. */
import { Labels } from '@prom/labels'
import { AlertingRule } from './alerting-rule.ts'
import { GroupRule } from './group-rule.ts'
import { RecordingRule } from './recording-rule.ts'
import type { RuleGroupConfig } from './rule-file.ts'
import { type GroupDeps, groupKey, RuleGroup } from './rule-group.ts'
import type { RulesUpdate } from './rules-update.ts'

/** Throws ParseError where an expression is no PromQL. */
export function buildGroup(
  file: string,
  config: RuleGroupConfig,
  update: Omit<RulesUpdate, 'files'>,
  options: { readonly needsRestore: boolean },
  deps: GroupDeps,
): RuleGroup {
  const intervalMs = config.intervalMs || update.evaluationIntervalMs
  const queryOffsetMs = config.queryOffsetMs ?? update.queryOffsetMs
  const key = groupKey(file, config.name)
  const log = deps.log.with({ file, group: config.name })
  const surroundings = {
    externalLabels: Labels.from(update.externalLabels),
    externalUrl: update.externalUrl,
    onExpansions: (count: number) => deps.metrics.expansions.inc(count),
    onTemplateError: (alert: string, err: string) => {
      deps.metrics.expansionFailures.inc()
      deps.log.warn('Expanding alert template failed', { alert, err })
    },
  }
  const rules = config.rules.map((rule, index) => {
    const made =
      rule.record === ''
        ? new AlertingRule(rule, config.labels, surroundings, !options.needsRestore)
        : new RecordingRule(rule, config.labels)
    const facts = { key, intervalMs, limit: config.limit, index }
    return new GroupRule(made, facts, { ...deps, log })
  })
  const { externalLabels, externalUrl } = surroundings
  const spec = {
    file,
    name: config.name,
    intervalMs,
    queryOffsetMs,
    limit: config.limit,
    fingerprint: fingerprint([
      config,
      intervalMs,
      queryOffsetMs,
      externalLabels.flat(),
      externalUrl,
    ]),
    needsRestore: options.needsRestore,
  }
  return new RuleGroup(spec, rules, { ...deps, log })
}

function fingerprint(facts: readonly unknown[]): string {
  return JSON.stringify(facts, (_, value) => (value instanceof Map ? [...value] : value))
}
