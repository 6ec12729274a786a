/** The bars above and below a list: state filter, age, refresh. */
import { useEffect } from 'react'
import type { Fetched } from './fetched.ts'
import { RelTime, StateBadge } from './labels.tsx'

export function StateFilter({
  states,
  counts,
  value,
  onChange,
}: {
  states: readonly string[]
  counts: Readonly<Record<string, number>>
  value: string
  onChange: (state: string) => void
}) {
  return (
    <fieldset style={{ border: 0, display: 'flex', gap: 6, margin: 0, padding: 0 }}>
      <legend hidden>State</legend>
      {states.map((state) => (
        <button
          key={state}
          type="button"
          aria-pressed={value === state}
          style={{
            background: 'none',
            border: value === state ? '2px solid var(--link)' : '2px solid transparent',
            cursor: 'pointer',
            padding: 1,
          }}
          onClick={() => onChange(value === state ? '' : state)}
        >
          <StateBadge state={state} count={counts[state] ?? 0} />
        </button>
      ))}
    </fieldset>
  )
}

/** Says how old the data is; asks again every `everyMs` while the page is seen. */
export function StatusLine({
  fetched,
  now,
  everyMs,
}: {
  fetched: Fetched<unknown>
  now: number
  everyMs?: number
}) {
  const { reload } = fetched
  useEffect(() => {
    if (everyMs === undefined) return
    const timer = setInterval(() => {
      if (!document.hidden) reload()
    }, everyMs)
    return () => clearInterval(timer)
  }, [everyMs, reload])
  return (
    <footer className="status-line">
      <span>{fetched.atMs > 0 ? <RelTime at={fetched.atMs} now={now} /> : 'not loaded'}</span>
      {everyMs !== undefined && <span>refreshes every {everyMs / 1000} s</span>}
      {fetched.isLoading && <span>loading …</span>}
    </footer>
  )
}
