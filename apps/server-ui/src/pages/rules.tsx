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
} from '@prom/ui'
import { useApi } from '../api.ts'
import { prefix, useParameter } from '../place.ts'
import type { RuleGroup } from './rule-types.ts'

export function RulesPage() {
  const fetched = useApi<{ groups: RuleGroup[] }>('/rules')
  const [search, setSearch] = useParameter('search')
  const [health, setHealth] = useParameter('health')
  const now = useNow()
  const counts: Record<string, number> = {}
  for (const { rules } of fetched.data?.groups ?? []) {
    for (const rule of rules) counts[rule.health] = (counts[rule.health] ?? 0) + 1
  }
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
        {({ groups }) =>
          groups.length === 0 ? (
            <Empty>No rule groups are configured.</Empty>
          ) : (
            groups.map((group) => {
              const rules = group.rules.filter(
                (rule) =>
                  (!health || rule.health === health) &&
                  `${rule.name} ${group.name}`.toLowerCase().includes(search.toLowerCase()),
              )
              if (rules.length === 0) return null
              return (
                <section className="section" key={`${group.file};${group.name}`}>
                  <header>
                    <h2>{group.name}</h2>
                    <span className="dim mono">{group.file}</span>
                    <span className="dim">
                      last run <RelTime at={group.lastEvaluation} now={now} />, took{' '}
                      {humanDuration(group.evaluationTime * 1000)}, every{' '}
                      {humanDuration(group.interval * 1000)}
                    </span>
                  </header>
                  <table className="grid">
                    <tbody>
                      {rules.map((rule) => (
                        <tr key={`${rule.name};${rule.query}`} className={toneOf(rule.health)}>
                          <td style={{ width: 90 }}>
                            <StateBadge state={rule.health} />
                          </td>
                          <td>
                            <strong>{rule.name}</strong>{' '}
                            <span className="dim">
                              {rule.type === 'alerting' ? 'alert' : 'record'}
                            </span>{' '}
                            <LabelSet labels={rule.labels} />
                            <div className="mono">
                              <a
                                href={`${prefix}/query?${new URLSearchParams({ 'g0.expr': rule.query, 'g0.tab': '1' })}`}
                              >
                                {rule.query}
                              </a>
                            </div>
                            {rule.lastError && <div className="notice bad">{rule.lastError}</div>}
                          </td>
                          <td className="number dim">
                            <RelTime at={rule.lastEvaluation} now={now} />,{' '}
                            {humanDuration(rule.evaluationTime * 1000)}
                          </td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </section>
              )
            })
          )
        }
      </Loaded>
      <StatusLine fetched={fetched} now={now} everyMs={30_000} />
    </>
  )
}
