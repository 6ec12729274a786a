/** Rule health: which rule fails, which is slower than its interval. */

import { TextInput } from '@mantine/core'
import {
  Empty,
  humanDuration,
  LabelSet,
  Loaded,
  RelTime,
  StateBadge,
  StateFilter,
  StatusLine,
  toneOf,
  useNow,
  VirtualList,
} from '@prom/ui'
import { useMemo } from 'react'
import { useApi } from '../api.ts'
import { prefix, useParameter } from '../place.ts'
import type { Rule, RuleGroup } from './rule-types.ts'

type Entry =
  | { readonly kind: 'group'; readonly group: RuleGroup }
  | { readonly kind: 'rule'; readonly rule: Rule; readonly key: string }

const keyOf = (entry: Entry) =>
  entry.kind === 'rule' ? entry.key : `group ${entry.group.file};${entry.group.name}`

function listEntries(groups: readonly RuleGroup[], health: string, search: string): Entry[] {
  const needle = search.toLowerCase()
  return groups.flatMap((group): Entry[] => {
    const rules = group.rules.flatMap((rule, i): Entry[] => {
      if (health && rule.health !== health) return []
      if (needle && !`${rule.name} ${group.name}`.toLowerCase().includes(needle)) return []
      return [{ kind: 'rule', rule, key: `${group.file};${group.name};${i}` }]
    })
    return rules.length > 0 ? [{ kind: 'group', group }, ...rules] : []
  })
}

function GroupHead({ group, now }: { group: RuleGroup; now: number }) {
  const isSlow = group.evaluationTime > group.interval
  return (
    <div className={`row-head bar ${isSlow ? 'warning' : 'good'}`}>
      <h2>{group.name}</h2>
      <span className="dim mono">{group.file}</span>
      <span className="dim">
        last run <RelTime at={group.lastEvaluation} now={now} />, took{' '}
        {humanDuration(group.evaluationTime * 1000)}, every {humanDuration(group.interval * 1000)}
      </span>
      {isSlow && <span className="badge warning">slower than its interval</span>}
    </div>
  )
}

function RuleRow({ rule, now }: { rule: Rule; now: number }) {
  const query = new URLSearchParams({ 'g0.expr': rule.query, 'g0.tab': '1' })
  return (
    <div className={`row rules bar ${toneOf(rule.health)}`}>
      <div>
        <StateBadge state={rule.health} />
      </div>
      <div>
        <strong>{rule.name}</strong>{' '}
        <span className="dim">{rule.type === 'alerting' ? 'alert' : 'record'}</span>{' '}
        <LabelSet labels={rule.labels} />
        <div className="mono">
          <a href={`${prefix}/query?${query}`}>{rule.query}</a>
        </div>
        {rule.lastError && <div className="notice bad">{rule.lastError}</div>}
      </div>
      <div className="number dim">
        <RelTime at={rule.lastEvaluation} now={now} />, {humanDuration(rule.evaluationTime * 1000)}
      </div>
    </div>
  )
}

export function RulesPage() {
  const fetched = useApi<{ groups: RuleGroup[] }>('/rules')
  const [search, setSearch] = useParameter('search')
  const [health, setHealth] = useParameter('health')
  const now = useNow()
  const groups = fetched.data?.groups
  const counts = useMemo(() => {
    const found: Record<string, number> = {}
    for (const { rules } of groups ?? []) {
      for (const rule of rules) found[rule.health] = (found[rule.health] ?? 0) + 1
    }
    return found
  }, [groups])
  const entries = useMemo(() => listEntries(groups ?? [], health, search), [groups, health, search])
  return (
    <>
      <h1 hidden>Rule health</h1>
      <div className="filter-bar">
        <TextInput
          size="xs"
          w={320}
          aria-label="Filter by rule or group"
          placeholder="Filter by rule or group"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <StateFilter
          states={['ok', 'err', 'unknown']}
          counts={counts}
          value={health}
          onChange={setHealth}
        />
      </div>
      <Loaded fetched={fetched} what="Rules cannot be shown">
        {(data) =>
          data.groups.length === 0 ? (
            <Empty>No rule groups are configured.</Empty>
          ) : entries.length === 0 ? (
            <Empty>No rule matches the filters.</Empty>
          ) : (
            <VirtualList
              label="Rules by group"
              items={entries}
              keyOf={keyOf}
              estimatePx={48}
              render={(entry) =>
                entry.kind === 'group' ? (
                  <GroupHead group={entry.group} now={now} />
                ) : (
                  <RuleRow rule={entry.rule} now={now} />
                )
              }
            />
          )
        }
      </Loaded>
      <StatusLine fetched={fetched} now={now} everyMs={30_000} />
    </>
  )
}
