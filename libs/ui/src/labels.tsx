/** Labels as chips, states as badges, times that keep counting. */
import { useEffect, useState } from 'react'
import { humanAgo, printTime } from './format.ts'
import { timeSettings } from './settings.ts'

export function LabelSet({ labels }: { labels: Readonly<Record<string, string>> | undefined }) {
  return (
    <span className="mono">
      {Object.entries(labels ?? {}).map(([name, value]) => (
        <span className="label" key={name}>
          <span className="name">{name}</span>="<span className="value">{value}</span>"
        </span>
      ))}
    </span>
  )
}

const tones: Readonly<Record<string, readonly [string, string]>> = {
  firing: ['bad', '▲'],
  down: ['bad', '▲'],
  err: ['bad', '▲'],
  pending: ['warning', '◔'],
  inactive: ['good', '✓'],
  up: ['good', '✓'],
  ok: ['good', '✓'],
  unknown: ['unknown', '?'],
  active: ['bad', '▲'],
  suppressed: ['suppressed', '⊘'],
  unprocessed: ['unknown', '?'],
  ready: ['good', '✓'],
  settling: ['warning', '◔'],
  disabled: ['unknown', '?'],
  expired: ['unknown', '–'],
}

export function toneOf(state: string): string {
  return tones[state]?.[0] ?? 'unknown'
}

export function StateBadge({ state, count }: { state: string; count?: number }) {
  const [tone, mark] = tones[state] ?? ['unknown', '•']
  return (
    <span className={`badge ${count === 0 ? 'none' : tone}`}>
      <span aria-hidden="true">{mark} </span>
      {state}
      {count !== undefined && ` (${count})`}
    </span>
  )
}

/** Shared by everything on the page that shows an age. */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}

/** "12s ago", with the exact time as its title. */
export function RelTime({ at, now }: { at: string | number; now: number }) {
  const [isLocal] = timeSettings.use('settings.useLocalTime')
  const ms = typeof at === 'number' ? at : Date.parse(at)
  return (
    <time
      dateTime={ms > 0 ? new Date(ms).toISOString() : ''}
      title={ms > 0 ? printTime(ms, isLocal) : ''}
    >
      {humanAgo(ms, now)}
    </time>
  )
}
