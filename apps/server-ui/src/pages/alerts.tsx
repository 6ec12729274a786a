/** Alerts: what fires, since when; counts are of rules, badges on rows of alerts. */

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
import { useMemo, useState } from 'react'
import { useApi } from '../api.ts'
import { prefix, useParameter } from '../place.ts'
import { useSetting } from '../settings.ts'
import { AlertTimeline } from './alert-timeline.tsx'
import type { Alert, AlertingRule, RuleGroup } from './rule-types.ts'

const states = ['firing', 'pending', 'unknown', 'inactive']
const ALERTS_FIRST = 50

type Entry =
  | { readonly kind: 'group'; readonly group: RuleGroup; readonly counts: Record<string, number> }
  | { readonly kind: 'rule'; readonly rule: AlertingRule; readonly key: string }

const keyOf = (entry: Entry) =>
  entry.kind === 'rule' ? entry.key : `group ${entry.group.file};${entry.group.name}`

function matches(rule: AlertingRule, group: RuleGroup, needle: string): boolean {
  if (needle === '') return true
  const labels = Object.entries(rule.labels ?? {}).map(([name, value]) => `${name}="${value}"`)
  return `${rule.name} ${group.name} ${labels.join(' ')}`.toLowerCase().includes(needle)
}

function countStates(rules: readonly AlertingRule[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { state } of rules) counts[state] = (counts[state] ?? 0) + 1
  return counts
}

const alertingRules = ({ rules }: RuleGroup) =>
  rules.filter((rule): rule is AlertingRule => rule.type === 'alerting')

function listEntries(groups: readonly RuleGroup[], state: string, search: string): Entry[] {
  const needle = search.toLowerCase()
  return groups.flatMap((group): Entry[] => {
    const all = alertingRules(group)
    const rules = all.flatMap((rule, i): Entry[] => {
      if ((state && rule.state !== state) || !matches(rule, group, needle)) return []
      return [{ kind: 'rule', rule, key: `${group.file};${group.name};${i}` }]
    })
    return rules.length > 0 ? [{ kind: 'group', group, counts: countStates(all) }, ...rules] : []
  })
}

function AlertTable({ alerts, now }: { alerts: readonly Alert[]; now: number }) {
  const [isAnnotated] = useSetting('settings.showAnnotations')
  const [shown, setShown] = useState(ALERTS_FIRST)
  return (
    <>
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Since</th>
            <th scope="col">Labels</th>
            <th scope="col" className="number">
              Value
            </th>
          </tr>
        </thead>
        <tbody>
          {alerts.slice(0, shown).map((alert) => (
            <tr key={JSON.stringify(alert.labels)}>
              <td>
                <StateBadge state={alert.state} />
              </td>
              <td>
                <RelTime at={alert.activeAt} now={now} />
              </td>
              <td>
                <LabelSet labels={alert.labels} />
                {isAnnotated &&
                  Object.entries(alert.annotations).map(([name, value]) => (
                    <div key={name}>
                      <span className="dim">{name}:</span> {value}
                    </div>
                  ))}
              </td>
              <td className="number mono">{alert.value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown < alerts.length && (
        <button type="button" onClick={() => setShown(shown + 10 * ALERTS_FIRST)}>
          {alerts.length - shown} more
        </button>
      )}
    </>
  )
}

function RuleRow({ rule, now }: { rule: AlertingRule; now: number }) {
  const [isOpen, setOpen] = useState(rule.state === 'firing')
  const query = new URLSearchParams({ 'g0.expr': rule.query, 'g0.tab': '0' })
  return (
    <details
      className={`row bar ${toneOf(rule.state)}`}
      style={{ display: 'block' }}
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <StateBadge state={rule.state} /> <strong>{rule.name}</strong>{' '}
        {rule.alerts.length > 0 && <span className="dim">{rule.alerts.length} active</span>}
      </summary>
      {isOpen && (
        <div style={{ padding: '4px 0 8px 16px' }}>
          <pre className="code mono">{rule.query}</pre>
          <p>
            <a href={`${prefix}/query?${query}`}>Open in query</a>
            {rule.duration > 0 && <> · for {humanDuration(rule.duration * 1000)}</>}
            {(rule.keepFiringFor ?? 0) > 0 && (
              <> · keeps firing for {humanDuration((rule.keepFiringFor ?? 0) * 1000)}</>
            )}{' '}
            <LabelSet labels={rule.labels} />
          </p>
          <AlertTimeline name={rule.name} />
          {rule.alerts.length > 0 && <AlertTable alerts={rule.alerts} now={now} />}
        </div>
      )}
    </details>
  )
}

export function AlertsPage() {
  const fetched = useApi<{ groups: RuleGroup[] }>('/rules', { type: 'alert' })
  const [search, setSearch] = useParameter('search')
  const [state, setState] = useParameter('state')
  const now = useNow()
  const groups = fetched.data?.groups
  const counts = useMemo(() => countStates((groups ?? []).flatMap(alertingRules)), [groups])
  const entries = useMemo(() => listEntries(groups ?? [], state, search), [groups, state, search])

  return (
    <>
      <h1 hidden>Alerts</h1>
      <div className="filter-bar">
        <TextInput
          size="xs"
          w={320}
          aria-label="Filter by name or label"
          placeholder="Filter by name or label"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <StateFilter states={states} counts={counts} value={state} onChange={setState} />
      </div>
      <Loaded fetched={fetched} what="Alerts cannot be shown">
        {(data) => {
          if (data.groups.length === 0) return <Empty>No alerting rules are configured.</Empty>
          if (entries.length === 0) return <Empty>No alerting rule matches the filters.</Empty>
          return (
            <VirtualList
              label="Alerting rules by group"
              items={entries}
              keyOf={keyOf}
              estimatePx={32}
              render={(entry) =>
                entry.kind === 'rule' ? (
                  <RuleRow rule={entry.rule} now={now} />
                ) : (
                  <div className="row-head">
                    <h2>{entry.group.name}</h2>
                    <span className="dim mono">{entry.group.file}</span>
                    {states.map(
                      (one) =>
                        entry.counts[one] !== undefined && (
                          <StateBadge key={one} state={one} count={entry.counts[one]} />
                        ),
                    )}
                  </div>
                )
              }
            />
          )
        }}
      </Loaded>
      <StatusLine fetched={fetched} now={now} everyMs={30_000} />
    </>
  )
}
