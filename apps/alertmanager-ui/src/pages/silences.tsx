/** Silences by state: what is hidden right now, what expires soon. */
import { TextInput } from '@mantine/core'
import {
  Empty,
  Loaded,
  printTime,
  RelTime,
  StateBadge,
  StateFilter,
  StatusLine,
  timeSettings,
  useNow,
} from '@prom/ui'
import { useState } from 'react'
import { type Silence, useApi } from '../api.ts'
import { parseMatchers, printMatcher } from '../matchers.ts'
import { goTo, usePlace } from '../place.ts'

const states = ['active', 'pending', 'expired']

export function SilencesPage() {
  const { parameters } = usePlace()
  const filter = parameters.get('filter') ?? ''
  const [draft, setDraft] = useState(filter)
  const [state, setState] = useState('active')
  const now = useNow()
  const [isLocal] = timeSettings.use('settings.useLocalTime')
  const fetched = useApi<Silence[]>(
    '/silences',
    (parseMatchers(filter) ?? []).map((matcher) => ['filter', printMatcher(matcher)] as const),
  )
  const counts: Record<string, number> = {}
  for (const { status } of fetched.data ?? []) {
    counts[status.state] = (counts[status.state] ?? 0) + 1
  }
  return (
    <>
      <h1 hidden>Silences</h1>
      <div className="filter-bar">
        <TextInput
          size="xs"
          w={420}
          aria-label="Filter by matchers"
          placeholder='{alertname="InstanceDown"}'
          value={draft}
          error={parseMatchers(draft) === undefined && 'not a list of matchers'}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'Enter' && goTo('/silences', { filter: draft })}
        />
        <StateFilter
          states={states}
          counts={counts}
          value={state}
          onChange={(next) => setState(next || 'active')}
        />
      </div>
      <Loaded fetched={fetched} what="Silences cannot be shown">
        {(all) => {
          const shown = all.filter(({ status }) => status.state === state)
          if (shown.length === 0) return <Empty>No {state} silences.</Empty>
          return (
            <table className="grid">
              <thead>
                <tr>
                  <th scope="col">State</th>
                  <th scope="col">Matchers</th>
                  <th scope="col">Comment</th>
                  <th scope="col">Ends</th>
                </tr>
              </thead>
              <tbody>
                {shown.map((silence) => (
                  <tr key={silence.id}>
                    <td style={{ width: 100 }}>
                      <StateBadge state={silence.status.state} />
                    </td>
                    <td className="mono">
                      <a href={`#/silences/${silence.id}`}>
                        {silence.matchers.map(printMatcher).join(', ')}
                      </a>
                    </td>
                    <td>
                      {silence.comment} <span className="dim">{silence.createdBy}</span>
                    </td>
                    <td style={{ width: 160 }}>
                      {silence.status.state === 'expired' ? (
                        <RelTime at={silence.endsAt} now={now} />
                      ) : (
                        printTime(Date.parse(silence.endsAt), isLocal)
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }}
      </Loaded>
      <StatusLine fetched={fetched} now={now} everyMs={30_000} />
    </>
  )
}
