/** Alerts by group: what is unhandled, since when, and one click to a silence. */
import { Checkbox, TextInput } from '@mantine/core'
import {
  Empty,
  LabelSet,
  Loaded,
  RelTime,
  StateBadge,
  StatusLine,
  toneOf,
  useNow,
  VirtualList,
} from '@prom/ui'
import { useEffect, useState } from 'react'
import { type Alert, type AlertGroup, useApi } from '../api.ts'
import {
  equalities,
  type Matcher,
  parseMatchers,
  printMatcher,
  printMatchers,
} from '../matchers.ts'
import { goTo, hashOf, usePlace } from '../place.ts'

const isWebUrl = (url: string | undefined): url is string => /^https?:\/\//.test(url ?? '')

/** Text with its http and https links made clickable; never HTML. */
export function Linked({ text }: { text: string }) {
  return text.split(/(https?:\/\/[^\s<>"]+)/).map((piece, i) =>
    i % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one unchanging text.
      <a key={i} href={piece} rel="noopener noreferrer">
        {piece}
      </a>
    ) : (
      piece
    ),
  )
}

function AlertRow({
  alert,
  shared,
  now,
}: {
  alert: Alert
  shared: Record<string, string>
  now: number
}) {
  const { state, silencedBy, inhibitedBy, mutedBy = [] } = alert.status
  const own = Object.fromEntries(Object.entries(alert.labels).filter(([name]) => !(name in shared)))
  return (
    <tr>
      <td className={`bar ${toneOf(state)}`} style={{ width: 110 }}>
        <StateBadge state={state} />
      </td>
      <td style={{ width: 120 }}>
        <RelTime at={alert.startsAt} now={now} />
      </td>
      <td>
        <LabelSet labels={own} />
        {Object.entries(alert.annotations).map(([name, value]) => (
          <div key={name}>
            <span className="dim">{name}:</span> <Linked text={value} />
          </div>
        ))}
        {silencedBy.length > 0 && (
          <div>
            silenced by <a href={`#/silences/${silencedBy[0]}`}>{silencedBy[0]?.slice(0, 8)}</a>
          </div>
        )}
        {inhibitedBy.length > 0 && <div>inhibited by {inhibitedBy.join(', ')}</div>}
        {mutedBy.length > 0 && <div>muted by {mutedBy.join(', ')}</div>}
      </td>
      <td className="number" style={{ width: 140 }}>
        {isWebUrl(alert.generatorURL) && (
          <a href={alert.generatorURL} rel="noopener noreferrer">
            source
          </a>
        )}{' '}
        <a href={hashOf('/routing', { labels: printMatchers(equalities(alert.labels)) })}>why</a>{' '}
        <a href={hashOf('/silences/new', { filter: printMatchers(equalities(alert.labels)) })}>
          silence
        </a>
      </td>
    </tr>
  )
}

const ROWS_FIRST = 50

function GroupSection({ group, now }: { group: AlertGroup; now: number }) {
  const [isWhole, setWhole] = useState(false)
  const { alerts } = group
  const shared = { ...sharedLabels(alerts), ...group.labels }
  const shown = isWhole ? alerts : alerts.slice(0, ROWS_FIRST)
  return (
    <section className="section">
      <header>
        <LabelSet labels={shared} />
        <span className="dim">→ {group.receiver.name}</span>
        <span className="dim">
          {alerts.length} {alerts.length === 1 ? 'alert' : 'alerts'}
        </span>
      </header>
      <table className="grid">
        <tbody>
          {shown.map((alert) => (
            <AlertRow key={alert.fingerprint} alert={alert} shared={shared} now={now} />
          ))}
        </tbody>
      </table>
      {shown.length < alerts.length && (
        <button type="button" onClick={() => setWhole(true)}>
          {alerts.length - shown.length} more
        </button>
      )}
    </section>
  )
}

/** Labels that all alerts of the group have with one value. */
function sharedLabels(alerts: readonly Alert[]): Record<string, string> {
  const [first, ...rest] = alerts
  return Object.fromEntries(
    Object.entries(first?.labels ?? {}).filter(([name, value]) =>
      rest.every(({ labels }) => labels[name] === value),
    ),
  )
}

/** Whether it is calm, or only looks so because what fires is silenced, inhibited or muted. */
function NoAlerts({
  matchers,
  hidden,
}: {
  matchers: readonly Matcher[]
  hidden: readonly string[]
}) {
  const { data: all = [] } = useApi<Alert[]>('/alerts', [
    ...matchers.map((matcher) => ['filter', printMatcher(matcher)] as const),
  ])
  if (all.length > 0 && hidden.length > 0) {
    const filter = matchers.length > 0 ? printMatchers(matchers) : ''
    const shown = Object.fromEntries(hidden.map((name) => [name, 'true']))
    return (
      <Empty>
        {all.length} {all.length === 1 ? 'alert is' : 'alerts are'} {hidden.join(' or ')}.{' '}
        <a href={hashOf('/alerts', { filter, ...shown })}>
          Show {all.length === 1 ? 'it' : 'them'}
        </a>
      </Empty>
    )
  }
  return (
    <Empty>
      {matchers.length > 0 ? 'No alert matches the filter.' : 'No alerts: all is calm.'}
    </Empty>
  )
}

const flags = ['silenced', 'inhibited', 'muted'] as const

export function AlertsPage() {
  const { parameters } = usePlace()
  const get = (name: string) => parameters.get(name) ?? ''
  const filter = get('filter')
  const matchers = parseMatchers(filter) ?? []
  const isOn = (name: string) => parameters.has(name) && get(name) !== 'false'
  const now = useNow()
  const fetched = useApi<AlertGroup[]>('/alerts/groups', [
    ...flags.map((name) => [name, String(isOn(name))] as const),
    ['active', String(get('active') !== 'false')],
    ...matchers.map((matcher) => ['filter', printMatcher(matcher)] as const),
    ...(get('receiver') ? [['receiver', get('receiver')] as const] : []),
  ])
  const [draft, setDraft] = useState(filter)
  useEffect(() => setDraft(filter), [filter])
  const isBad = parseMatchers(draft) === undefined

  const change = (next: Record<string, string>) =>
    goTo('/alerts', { ...Object.fromEntries(parameters), ...next })
  const commit = () => {
    const parsed = parseMatchers(draft)
    if (parsed) change({ filter: parsed.length > 0 ? printMatchers(parsed) : '' })
  }

  return (
    <>
      <h1 hidden>Alerts</h1>
      <div className="filter-bar">
        <TextInput
          size="xs"
          w={420}
          aria-label="Filter by matchers"
          placeholder='{severity="page", cluster=~"eu.*"}'
          value={draft}
          error={isBad && 'not a list of matchers such as {name="value", other=~"re.*"}'}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onBlur={commit}
          onKeyDown={(event) => event.key === 'Enter' && commit()}
        />
        {flags.map((name) => (
          <Checkbox
            key={name}
            size="xs"
            label={name}
            checked={isOn(name)}
            onChange={(event) => change({ [name]: event.currentTarget.checked ? 'true' : '' })}
          />
        ))}
        {matchers.length > 0 && (
          <a href={hashOf('/silences/new', { filter: printMatchers(matchers) })}>
            Silence what matches
          </a>
        )}
      </div>
      <Loaded fetched={fetched} what="Alerts cannot be shown">
        {(groups) =>
          groups.length === 0 ? (
            <NoAlerts matchers={matchers} hidden={flags.filter((name) => !isOn(name))} />
          ) : (
            <VirtualList
              label="Alerts by group"
              items={groups}
              keyOf={(group) => JSON.stringify([group.receiver.name, group.labels])}
              estimatePx={120}
              render={(group) => <GroupSection group={group} now={now} />}
            />
          )
        }
      </Loaded>
      <StatusLine fetched={fetched} now={now} everyMs={30_000} />
    </>
  )
}
