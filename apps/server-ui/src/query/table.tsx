/** The table tab: values exactly as the API printed them. */
import { Empty, printSeries, printTime } from '@prom/ui'
import { useState } from 'react'
import { useSetting } from '../settings.ts'

const ROWS_MAX = 1000

type Labels = Record<string, string>
type Sample = readonly [number, string]
interface HistogramValue {
  readonly count: string
  readonly sum: string
  /** Boundary rule, lower and upper bound, count. */
  readonly buckets?: readonly (readonly [number, string, string, string])[]
}

export interface QueryStatistics {
  readonly samples: { readonly totalQueryableSamples: number; readonly peakSamples: number }
}

export type QueryData = { readonly stats?: QueryStatistics } & (
  | { readonly resultType: 'vector'; readonly result: VectorRow[] }
  | { readonly resultType: 'matrix'; readonly result: MatrixRow[] }
  | { readonly resultType: 'scalar'; readonly result: Sample }
  | { readonly resultType: 'string'; readonly result: Sample }
)

export interface VectorRow {
  readonly metric: Labels
  readonly value?: Sample
  readonly histogram?: readonly [number, HistogramValue]
}

export interface MatrixRow {
  readonly metric: Labels
  readonly values?: Sample[]
  readonly histograms?: (readonly [number, HistogramValue])[]
}

const printHistogram = ({ count, sum }: HistogramValue) => `count: ${count}, sum: ${sum}`

function Samples({ row }: { row: MatrixRow }) {
  const [isLocal] = useSetting('settings.useLocalTime')
  const all: Sample[] = [
    ...(row.values ?? []),
    ...(row.histograms ?? []).map(([at, value]): Sample => [at, printHistogram(value)]),
  ]
  return all.map(([at, value]) => (
    <div key={at} title={printTime(at * 1000, isLocal)}>
      {value} <span className="dim">@ {at}</span>
    </div>
  ))
}

export function ResultTable({ data }: { data: QueryData }) {
  const [isAll, setAll] = useState(false)
  if (data.resultType === 'scalar' || data.resultType === 'string') {
    return (
      <table className="grid mono">
        <tbody>
          <tr>
            <td>{data.resultType}</td>
            <td className="number">{data.result[1]}</td>
          </tr>
        </tbody>
      </table>
    )
  }
  const { length } = data.result
  if (length === 0) return <Empty>The query found no series.</Empty>
  const rows: readonly (VectorRow | MatrixRow)[] = isAll
    ? data.result
    : data.result.slice(0, ROWS_MAX)
  return (
    <>
      {rows.length < length && (
        <div className="notice warning">
          The first {ROWS_MAX} of {length} series.{' '}
          <button type="button" onClick={() => setAll(true)}>
            Show all
          </button>
        </div>
      )}
      <table className="grid mono">
        <thead hidden>
          <tr>
            <th scope="col">Series</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const name = printSeries(row.metric)
            return (
              <tr key={name}>
                <td>{name}</td>
                <td className="number">
                  {'value' in row && row.value?.[1]}
                  {'histogram' in row && row.histogram && printHistogram(row.histogram[1])}
                  {('values' in row || 'histograms' in row) && <Samples row={row as MatrixRow} />}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </>
  )
}
