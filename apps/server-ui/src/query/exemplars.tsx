/** Exemplars of what a graph shows: single observations with the trace they belong to. */
import { Loaded, printSeries, printTime } from '@prom/ui'
import { useApi } from '../api.ts'
import { useSetting } from '../settings.ts'

const SHOWN_MAX = 100

interface ExemplarSeries {
  readonly seriesLabels: Record<string, string>
  readonly exemplars: readonly {
    readonly labels: Record<string, string>
    readonly value: string
    readonly timestamp: number
  }[]
}

export function useExemplars(query: string, start: number, end: number, isOn: boolean) {
  return useApi<ExemplarSeries[]>(isOn ? '/query_exemplars' : undefined, {
    query,
    start: String(start),
    end: String(end),
  })
}

/** Points of a graph: seconds and values. */
export function exemplarPoints(data: readonly ExemplarSeries[] | undefined): [number, number][] {
  return (data ?? []).flatMap(({ exemplars }) =>
    exemplars.map(({ timestamp, value }): [number, number] => [timestamp, Number(value)]),
  )
}

export function ExemplarTable({ fetched }: { fetched: ReturnType<typeof useExemplars> }) {
  const [isLocal] = useSetting('settings.useLocalTime')
  return (
    <Loaded fetched={fetched} what="Exemplars cannot be shown">
      {(series) => {
        const rows = series
          .flatMap(({ seriesLabels, exemplars }) =>
            exemplars.map((exemplar) => ({ ...exemplar, series: printSeries(seriesLabels) })),
          )
          .sort((a, b) => b.timestamp - a.timestamp)
        if (rows.length === 0) return <p className="dim">No exemplars in this range.</p>
        return (
          <table className="grid mono">
            <caption className="dim">
              {rows.length} exemplars{rows.length > SHOWN_MAX && `, the newest ${SHOWN_MAX}`}
            </caption>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col" className="number">
                  Value
                </th>
                <th scope="col">Exemplar</th>
                <th scope="col">Series</th>
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, SHOWN_MAX).map((row) => (
                <tr key={`${row.series} ${row.timestamp} ${printSeries(row.labels)}`}>
                  <td>{printTime(row.timestamp * 1000, isLocal)}</td>
                  <td className="number">{row.value}</td>
                  <td>{printSeries(row.labels)}</td>
                  <td>{row.series}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )
      }}
    </Loaded>
  )
}
