/** Histograms over time as cells: a column per step, a row per bucket. */
import type { MatrixRow } from './table.tsx'

export interface Cells {
  /** Upper bounds of the rows, ascending; the row below the first has no lower bound here. */
  readonly bounds: readonly number[]
  /** counts[step][row]; undefined: no sample. */
  readonly counts: readonly (readonly number[] | undefined)[]
  readonly max: number
}

export interface Steps {
  /** Seconds. */
  readonly start: number
  readonly end: number
  readonly step: number
}

const ROWS_MAX = 400

/** Native histograms, and classic ones by their `le` label. Undefined when the result has neither. */
export function cellsOf(rows: readonly MatrixRow[], steps: Steps): Cells | undefined {
  const count = Math.floor((steps.end - steps.start) / steps.step + 1e-6) + 1
  const sums: (Map<number, number> | undefined)[] = new Array(count).fill(undefined)
  const add = (at: number, upper: number, value: number) => {
    if (!Number.isFinite(value)) return
    const i = Math.round((at - steps.start) / steps.step)
    const column = sums[i] ?? new Map<number, number>()
    sums[i] = column
    column.set(upper, (column.get(upper) ?? 0) + value)
  }
  for (const { histograms = [] } of rows) {
    for (const [at, { buckets = [] }] of histograms) {
      for (const [, , upper, value] of buckets) add(at, Number(upper), Number(value))
    }
  }
  if (sums.every((column) => column === undefined)) addClassic(rows, add)
  const bounds = [...new Set(sums.flatMap((column) => [...(column?.keys() ?? [])]))]
    .sort((a, b) => a - b)
    .slice(0, ROWS_MAX)
  if (bounds.length === 0) return undefined
  const counts = sums.map((column) => column && bounds.map((bound) => column.get(bound) ?? 0))
  const max = counts.reduce((most, column) => Math.max(most, ...(column ?? [])), 0)
  return { bounds, counts, max }
}

/** Classic buckets are cumulative: each holds what the next smaller one does not. */
function addClassic(
  rows: readonly MatrixRow[],
  add: (at: number, upper: number, value: number) => void,
): void {
  const groups = new Map<string, { upper: number; values: ReadonlyMap<number, number> }[]>()
  for (const { metric, values = [] } of rows) {
    const { le, ...rest } = metric
    if (le === undefined) continue
    const key = JSON.stringify(Object.entries(rest).sort())
    const list = groups.get(key) ?? []
    groups.set(key, list)
    list.push({
      upper: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le),
      values: new Map(values.map(([at, text]) => [at, Number(text)])),
    })
  }
  for (const list of groups.values()) {
    list.sort((a, b) => a.upper - b.upper)
    list.forEach(({ upper, values }, i) => {
      for (const [at, value] of values) {
        add(at, upper, Math.max(0, value - (list[i - 1]?.values.get(at) ?? 0)))
      }
    })
  }
}
