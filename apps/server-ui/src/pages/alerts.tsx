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
} from '@prom/ui'
import { useMemo } from 'react'
import { useApi } from '../api.ts'
import { prefix, useParameter } from '../place.ts'
import { useSetting } from '../settings.ts'
import type { AlertingRule, RuleGroup } from './rule-types.ts'

const states = ['firing', 'pending', 'unknown', 'inactive']

function matches(rule: AlertingRule, group: RuleGroup, text: string): boolean {
  const labels = Object.entries(rule.labels ?? {}).map(([name, value]) => `${name}="${value}"`)
  return `${rule.name} ${group.name} ${labels.join(' ')}`.toLowerCase().includes(text.toLowerCase())
}

function RuleRow({ rule, now }: { rule: AlertingRule; now: number }) {
  const [isAnnotated] = useSetting('settings.showAnnotations')
  const query = new URLSearchParams({ 'g0.expr': rule.query, 'g0.tab': '0' })
  return (
    <details className={`bar ${toneOf(rule.state)}`} open={rule.state === 'firing'}>
      <summary style={{ padding: '5px 8px' }}>
        <StateBadge state={rule.state} /> <strong>{rule.name}</strong>{' '}
        {rule.alerts.length > 0 && <span className="dim">{rule.alerts.length} active</span>}
      </summary>
      <div style={{ padding: '0 8px 8px 24px' }}>
        <pre className="code mono">{rule.query}</pre>
        <p>
          <a href={`${prefix}/query?${query}`}>Open in query</a>
          {rule.duration > 0 && <> · for {humanDuration(rule.duration * 1000)}</>}{' '}
          <LabelSet labels={rule.labels} />
        </p>
        {rule.alerts.length > 0 && (
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
              {rule.alerts.slice(0, 200).map((alert) => (
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
        )}
      </div>
    </details>
  )
}

export function AlertsPage() {
  const fetched = useApi<{ groups: RuleGroup[] }>('/rules', { type: 'alert' })
  const [search, setSearch] = useParameter('search')
  const [state, setState] = useParameter('state')
  const now = useNow()
  const groups = fetched.data?.groups ?? []
  const counts = useMemo(() => {
    const found: Record<string, number> = {}
    for (const { rules } of groups) {
      for (const rule of rules) {
        if (rule.type === 'alerting') found[rule.state] = (found[rule.state] ?? 0) + 1
      }
    }
    return found
  }, [groups])

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
          const shown = data.groups
            .map((group) => ({
              ...group,
              rules: group.rules.filter(
                (rule): rule is AlertingRule =>
                  rule.type === 'alerting' &&
                  (!state || rule.state === state) &&
                  matches(rule, group, search),
              ),
            }))
            .filter(({ rules }) => rules.length > 0)
          if (shown.length === 0) return <Empty>No alerting rule matches the filters.</Empty>
          return shown.map((group) => (
            <section className="section" key={`${group.file};${group.name}`}>
              <header>
                <h2>{group.name}</h2>
                <span className="dim mono">{group.file}</span>
              </header>
              {group.rules.map((rule) => (
                <RuleRow key={`${rule.name};${rule.query}`} rule={rule} now={now} />
              ))}
            </section>
          ))
        }}
      </Loaded>
      <StatusLine fetched={fetched} now={now} everyMs={30_000} />
    </>
  )
}
