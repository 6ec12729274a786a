/** The last failed scrapes of a target: was it once, or every night at two? */
import { humanDuration, RelTime } from '@prom/ui'

export interface ScrapeError {
  readonly time: string
  /** Seconds. */
  readonly duration: number
  /** Of the answer; 0: none came. */
  readonly status: number
  readonly reason: string
  readonly error: string
}

export function ErrorHistory({ errors, now }: { errors: readonly ScrapeError[]; now: number }) {
  if (errors.length === 0) return null
  const last = errors.at(-1) as ScrapeError
  return (
    <details>
      <summary className="dim">
        {errors.length === 1 ? 'One failed scrape' : `The last ${errors.length} failed scrapes`},
        the newest <RelTime at={last.time} now={now} />
      </summary>
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Kind</th>
            <th scope="col">Took</th>
            <th scope="col">Error</th>
          </tr>
        </thead>
        <tbody>
          {errors.toReversed().map((error) => (
            <tr key={error.time}>
              <td>
                <RelTime at={error.time} now={now} />
              </td>
              <td>
                {error.reason}
                {error.status > 0 && ` ${error.status}`}
              </td>
              <td className="number">{humanDuration(error.duration * 1000)}</td>
              <td>{error.error}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}
