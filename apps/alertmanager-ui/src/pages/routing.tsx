/** Routing: the tree of routes, and where an alert would go, why, and when it would be told. */
import { TextInput } from '@mantine/core'
import { Empty, LabelSet, Loaded, RelTime, StateBadge, useFetched, useNow } from '@prom/ui'
import { useEffect, useState } from 'react'
import { call, type Silence } from '../api.ts'
import { parseMatchers } from '../matchers.ts'
import { goTo, usePlace } from '../place.ts'
import { type RouteStep, RouteTree } from './route-tree.tsx'

interface Integration {
  readonly name: string
  readonly index: number
  readonly lastNotification?: {
    readonly at: string
    readonly firing: number
    readonly resolved: number
  }
  readonly nextFlushSends: boolean
  readonly reason: string
  readonly nextRepeat?: string
}

interface Destination {
  readonly receiver: string
  readonly groupKey: string
  readonly groupLabels: Record<string, string>
  readonly groupAlerts: number
  readonly mutedBy: readonly string[]
  readonly nextFlush: string
  readonly notified: boolean
  readonly integrations: readonly Integration[]
}

interface Explanation {
  readonly labels: Record<string, string>
  readonly known: boolean
  readonly status: string
  readonly inhibitedBy: {
    readonly rule: {
      readonly index: number
      readonly sourceMatchers: string
      readonly equal: string[]
    }
    readonly source: { readonly labels: Record<string, string> }
  } | null
  readonly silencedBy: readonly Silence[]
  readonly routes: RouteStep
  readonly destinations: readonly Destination[]
}

/** Any labels show the tree; these are nobody's. */
const EXAMPLE = '{alertname="Example"}'

/** `{a="b", c="d"}` as labels; undefined when it is not equalities alone. */
function readLabels(text: string): Record<string, string> | undefined {
  const matchers = parseMatchers(text)
  if (!matchers || matchers.length === 0) return undefined
  if (matchers.some(({ isEqual, isRegex }) => isRegex || isEqual === false)) return undefined
  return Object.fromEntries(matchers.map(({ name, value }) => [name, value]))
}

function DestinationCard({ destination, now }: { destination: Destination; now: number }) {
  const { receiver, groupLabels, groupAlerts, mutedBy, nextFlush, notified } = destination
  return (
    <section className="section">
      <header>
        <h2>{receiver}</h2>
        {notified ? (
          <span className="badge good">is told</span>
        ) : (
          <span className="badge suppressed">is not told</span>
        )}
        <span className="dim">
          with {groupAlerts} in its group, next look <InTime at={nextFlush} now={now} />
        </span>
      </header>
      <div style={{ padding: 8 }}>
        group <LabelSet labels={groupLabels} />
        {mutedBy.length > 0 && <div>muted by the time intervals {mutedBy.join(', ')}</div>}
        <table className="grid">
          <thead>
            <tr>
              <th scope="col">Integration</th>
              <th scope="col">Last told</th>
              <th scope="col">At the next look</th>
              <th scope="col">Repeated</th>
            </tr>
          </thead>
          <tbody>
            {destination.integrations.map((one) => (
              <tr key={`${one.name} ${one.index}`}>
                <td>
                  {one.name}[{one.index}]
                </td>
                <td>
                  {one.lastNotification ? (
                    <>
                      <RelTime at={one.lastNotification.at} now={now} />,{' '}
                      {one.lastNotification.firing} firing, {one.lastNotification.resolved} resolved
                    </>
                  ) : (
                    'never'
                  )}
                </td>
                <td>
                  {one.nextFlushSends ? 'told' : 'not told'}: {one.reason}
                </td>
                <td>{one.nextRepeat ? <InTime at={one.nextRepeat} now={now} /> : ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function InTime({ at, now }: { at: string; now: number }) {
  const seconds = Math.round((Date.parse(at) - now) / 1000)
  const text =
    seconds <= 0 ? 'now' : seconds < 120 ? `in ${seconds} s` : `in ${Math.round(seconds / 60)} min`
  return (
    <time dateTime={at} title={at}>
      {text}
    </time>
  )
}

function Why({ found }: { found: Explanation }) {
  return (
    <>
      {found.known && (
        <p>
          This alert is known here: <StateBadge state={found.status} />
        </p>
      )}
      {found.silencedBy.map((silence) => (
        <p key={silence.id}>
          Silenced by <a href={`#/silences/${silence.id}`}>{silence.comment || silence.id}</a>.
        </p>
      ))}
      {found.inhibitedBy && (
        <p>
          Inhibited by <LabelSet labels={found.inhibitedBy.source.labels} /> (rule{' '}
          {found.inhibitedBy.rule.index + 1}: {found.inhibitedBy.rule.sourceMatchers}).
        </p>
      )}
    </>
  )
}

export function RoutingPage() {
  const { parameters } = usePlace()
  const asked = parameters.get('labels') ?? ''
  const [draft, setDraft] = useState(asked)
  useEffect(() => setDraft(asked), [asked])
  const now = useNow()
  const isBad = draft !== '' && readLabels(draft) === undefined
  const labels = readLabels(asked) ?? readLabels(EXAMPLE) ?? {}
  const fetched = useFetched<Explanation>(JSON.stringify(labels), async (signal) => ({
    data: await call<Explanation>('/alerts/explain', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ labels }),
      signal,
    }),
  }))
  const commit = () => {
    if (!isBad) goTo('/routing', { labels: draft })
  }
  return (
    <>
      <h1 hidden>Routing</h1>
      <div className="filter-bar">
        <TextInput
          size="xs"
          w={520}
          aria-label="Labels of an alert"
          placeholder='Where would this go? {alertname="DiskFull", severity="page"}'
          value={draft}
          error={isBad && 'labels look like {name="value", other="value"}'}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onBlur={commit}
          onKeyDown={(event) => event.key === 'Enter' && commit()}
        />
      </div>
      <Loaded fetched={fetched} what="The routes cannot be shown">
        {(found) => (
          <div className="split">
            <section aria-label="Routes">
              <RouteTree root={found.routes} />
            </section>
            <section aria-label="Destinations">
              {readLabels(asked) ? (
                <>
                  <p>
                    <LabelSet labels={found.labels} />
                  </p>
                  <Why found={found} />
                  {found.destinations.map((destination) => (
                    <DestinationCard
                      key={destination.groupKey}
                      destination={destination}
                      now={now}
                    />
                  ))}
                </>
              ) : (
                <Empty>Type the labels of an alert to see where it would go.</Empty>
              )}
            </section>
          </div>
        )}
      </Loaded>
    </>
  )
}
