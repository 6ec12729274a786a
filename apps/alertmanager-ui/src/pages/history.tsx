/** What happened lately: alerts, notifications, silences; the newest first. */
import { TextInput } from '@mantine/core'
import {
  Empty,
  humanDuration,
  LabelSet,
  Loaded,
  RelTime,
  StateFilter,
  StatusLine,
  useNow,
} from '@prom/ui'
import { useEffect, useState } from 'react'
import { type Silence, useApi } from '../api.ts'
import { parseMatchers, printMatcher } from '../matchers.ts'
import { goTo, usePlace } from '../place.ts'

const LIMIT = '500'
const kinds = ['alert', 'notification', 'silence'] as const

interface Head {
  readonly at: string
  readonly event: string
}

type Event =
  | (Head & { readonly kind: 'alert'; readonly labels: Record<string, string> })
  | (Head & { readonly kind: 'silence'; readonly silence: Silence })
  | (Head & {
      readonly kind: 'notification'
      readonly receiver: string
      readonly integration: string
      readonly groupLabels: Record<string, string>
      readonly reason: string
      readonly firing: number
      readonly resolved: number
      readonly attempts: number
      readonly durationSeconds: number
      readonly error?: string
    })

const tones: Readonly<Record<string, string>> = {
  fired: 'bad',
  failed: 'bad',
  resolved: 'good',
  sent: 'good',
}

function About({ event }: { event: Event }) {
  if (event.kind === 'alert') return <LabelSet labels={event.labels} />
  if (event.kind === 'silence') {
    const { silence } = event
    return (
      <>
        <a className="mono" href={`#/silences/${silence.id}`}>
          {silence.matchers.map(printMatcher).join(', ')}
        </a>{' '}
        {silence.comment} <span className="dim">{silence.createdBy}</span>
      </>
    )
  }
  return (
    <>
      {event.receiver} by {event.integration}: {event.firing} firing, {event.resolved} resolved (
      {event.reason}) <LabelSet labels={event.groupLabels} />
      <span className="dim">
        {humanDuration(event.durationSeconds * 1000)}
        {event.attempts > 1 && `, ${event.attempts} attempts`}
      </span>
      {event.error && <div className="notice bad">{event.error}</div>}
    </>
  )
}

export function HistoryPage() {
  const { parameters } = usePlace()
  const filter = parameters.get('filter') ?? ''
  const kind = parameters.get('kind') ?? ''
  const [draft, setDraft] = useState(filter)
  useEffect(() => setDraft(filter), [filter])
  const now = useNow()
  const fetched = useApi<Event[]>('/history', [
    ['limit', LIMIT],
    ...(parseMatchers(filter) ?? []).map((matcher) => ['filter', printMatcher(matcher)] as const),
  ])
  const counts: Record<string, number> = {}
  for (const event of fetched.data ?? []) counts[event.kind] = (counts[event.kind] ?? 0) + 1
  const isBad = parseMatchers(draft) === undefined
  return (
    <>
      <h1 hidden>History</h1>
      <div className="filter-bar">
        <TextInput
          size="xs"
          w={420}
          aria-label="Filter by matchers"
          placeholder='{alertname="InstanceDown"}'
          value={draft}
          error={isBad && 'not a list of matchers'}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onKeyDown={(event) =>
            event.key === 'Enter' && !isBad && goTo('/history', { filter: draft, kind })
          }
        />
        <StateFilter
          states={kinds}
          counts={counts}
          value={kind}
          onChange={(next) => goTo('/history', { filter, kind: next })}
        />
      </div>
      <Loaded fetched={fetched} what="The history cannot be shown">
        {(events) => {
          const shown = events.filter((event) => !kind || event.kind === kind)
          if (shown.length === 0) return <Empty>Nothing happened since the start.</Empty>
          return (
            <table className="grid">
              <thead>
                <tr>
                  <th scope="col" style={{ width: 110 }}>
                    When
                  </th>
                  <th scope="col" style={{ width: 190 }}>
                    What
                  </th>
                  <th scope="col">About</th>
                </tr>
              </thead>
              <tbody>
                {shown.map((event, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: events have no identity of their own.
                  <tr key={`${event.at} ${i}`}>
                    <td>
                      <RelTime at={event.at} now={now} />
                    </td>
                    <td>
                      {event.kind}{' '}
                      <span className={`badge ${tones[event.event] ?? 'unknown'}`}>
                        {event.event}
                      </span>
                    </td>
                    <td>
                      <About event={event} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }}
      </Loaded>
      <StatusLine fetched={fetched} now={now} everyMs={15_000} />
    </>
  )
}
