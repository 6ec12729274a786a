/** One silence: what it hides, who made it, and how to end it. */
import { Button } from '@mantine/core'
import { Facts, Failure, LabelSet, Loaded } from '@prom/ui'
import { useState } from 'react'
import { type Alert, call, type Silence, useApi } from '../api.ts'
import { printMatcher } from '../matchers.ts'

export function AffectedAlerts({ matchers }: { matchers: Silence['matchers'] }) {
  const fetched = useApi<Alert[]>('/alerts', [
    ...matchers.map((matcher) => ['filter', printMatcher(matcher)] as const),
    ['silenced', 'true'],
    ['inhibited', 'true'],
    ['active', 'true'],
    ['unprocessed', 'true'],
  ])
  return (
    <Loaded fetched={fetched} what="Affected alerts cannot be shown">
      {(alerts) => (
        <section className="section">
          <header>
            <h2>
              Matches {alerts.length} {alerts.length === 1 ? 'alert' : 'alerts'} now
            </h2>
          </header>
          <table className="grid">
            <tbody>
              {alerts.slice(0, 100).map((alert) => (
                <tr key={alert.fingerprint}>
                  <td>
                    <LabelSet labels={alert.labels} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Loaded>
  )
}

export function SilencePage({ id }: { id: string }) {
  const fetched = useApi<Silence>(`/silence/${encodeURIComponent(id)}`)
  const [isAsked, setAsked] = useState(false)
  const [error, setError] = useState<string>()
  const expire = async () => {
    try {
      await call(`/silence/${encodeURIComponent(id)}`, { method: 'DELETE' })
      fetched.reload()
      setAsked(false)
    } catch (err) {
      setError((err as Error).message)
    }
  }
  return (
    <Loaded fetched={fetched} what="The silence cannot be shown">
      {(silence) => {
        const isOver = silence.status.state === 'expired'
        return (
          <>
            <Facts
              title={`Silence ${silence.id}`}
              facts={{
                State: silence.status.state,
                Matchers: silence.matchers.map(printMatcher).join(', '),
                Comment: silence.comment,
                'Created by': silence.createdBy,
                Starts: silence.startsAt,
                Ends: silence.endsAt,
                Updated: silence.updatedAt,
              }}
            />
            {error && <Failure what="The silence was not expired" error={error} />}
            <p>
              <a href={`#/silences/${silence.id}/edit`}>{isOver ? 'Recreate' : 'Edit'}</a>{' '}
              {!isOver && !isAsked && (
                <Button size="compact-xs" color="red" onClick={() => setAsked(true)}>
                  Expire
                </Button>
              )}
              {isAsked && !isOver && (
                <>
                  Alerts it hides notify again.{' '}
                  <Button size="compact-xs" color="red" onClick={expire}>
                    Yes, expire it
                  </Button>{' '}
                  <Button size="compact-xs" variant="default" onClick={() => setAsked(false)}>
                    No
                  </Button>
                </>
              )}
            </p>
            {!isOver && <AffectedAlerts matchers={silence.matchers} />}
          </>
        )
      }}
    </Loaded>
  )
}
