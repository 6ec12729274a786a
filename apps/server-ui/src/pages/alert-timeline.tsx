/** When a rule's alerts were pending and firing during the last day, from the series ALERTS. */
import { printTime } from '@prom/ui'
import { useState } from 'react'
import { useApi } from '../api.ts'
import { useSetting } from '../settings.ts'
import { type Span, spansOf } from './timeline-spans.ts'

const RANGE_SECONDS = 86_400
const STEP_SECONDS = 300
const ROWS_MAX = 20
const WIDTH = 1000
const ROW_PX = 14

interface Matrix {
  readonly result: {
    readonly metric: Record<string, string>
    readonly values: readonly (readonly [number, string])[]
  }[]
}

const quote = (text: string) => JSON.stringify(text)

export function AlertTimeline({ name }: { name: string }) {
  const [end] = useState(() => Math.floor(Date.now() / 1000))
  const start = end - RANGE_SECONDS
  const [isLocal] = useSetting('settings.useLocalTime')
  const { data } = useApi<Matrix>('/query_range', {
    query: `ALERTS{alertname=${quote(name)}}`,
    start: String(start),
    end: String(end),
    step: String(STEP_SECONDS),
    limit: '200',
  })
  if (!data || data.result.length === 0) return null
  const rows = spansOf(data.result, STEP_SECONDS)
  const x = (at: number) => ((at - start) / RANGE_SECONDS) * WIDTH
  return (
    <figure className="timeline">
      <figcaption className="dim">
        The last 24 hours of {rows.length} {rows.length === 1 ? 'alert' : 'alerts'}
        {rows.length > ROWS_MAX && `, the first ${ROWS_MAX}`}
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${Math.min(rows.length, ROWS_MAX) * ROW_PX}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`When ${name} was pending and firing`}
        style={{ height: Math.min(rows.length, ROWS_MAX) * ROW_PX, width: '100%' }}
      >
        {rows.slice(0, ROWS_MAX).map(({ labels, spans }, i) =>
          spans.map(({ state, from, to }: Span) => (
            <rect
              key={`${labels} ${from} ${state}`}
              className={state}
              x={x(from)}
              y={i * ROW_PX + 2}
              width={Math.max(1.5, x(to) - x(from))}
              height={ROW_PX - 4}
            >
              <title>
                {`${labels}\n${state} from ${printTime(from * 1000, isLocal)} to ${printTime(to * 1000, isLocal)}`}
              </title>
            </rect>
          )),
        )}
      </svg>
    </figure>
  )
}
