/** Stands in for query engine, storage and notifier in tests of rules. */
import { Labels } from '@prom/labels'
import { QueryError, type QueryOptions, type VectorAnswer } from '@prom/query'
import type { OutgoingAlert, RuleAppendOutcome, RuleRows } from '../contract.ts'

export type Row = readonly [Readonly<Record<string, string>>, number]
type Answer = readonly Row[] | string

export interface WrittenRow {
  readonly series: string
  readonly atMs: number
  /** 'stale' for a marker. */
  readonly value: number | 'stale'
}

export class FakeServer {
  /** What an expression answers: rows, or the text of an error. */
  readonly answers = new Map<string, Answer | ((timeMs: number) => Answer)>()
  readonly asked: { query: string; timeMs: number; options: QueryOptions | undefined }[] = []
  readonly rows: WrittenRow[] = []
  readonly sent: OutgoingAlert[][] = []
  outcome: Partial<RuleAppendOutcome> = {}
  appendError: string | undefined
  /** Runs while a query is waited for. */
  duringQuery: (() => Promise<void>) | undefined

  async vector(query: string, timeMs: number, options?: QueryOptions): Promise<VectorAnswer> {
    this.asked.push({ query, timeMs, options })
    await this.duringQuery?.()
    const found = this.answers.get(query) ?? []
    const answer = typeof found === 'function' ? found(timeMs) : found
    if (typeof answer === 'string') throw new QueryError('execution', answer)
    return {
      labels: answer.map(([labels]) => Labels.from(labels).flat()),
      values: Float64Array.from(answer.map(([, value]) => value)),
      histograms: undefined,
      isScalar: false,
      warnings: [],
      infos: [],
    }
  }

  async append(rows: RuleRows): Promise<RuleAppendOutcome> {
    if (this.appendError !== undefined) throw new Error(this.appendError)
    rows.labels.forEach((flat, i) => {
      const value = rows.isStale[i] === 1 ? 'stale' : (rows.values[i] as number)
      const series = Labels.fromSortedFlat(flat).toString()
      this.rows.push({ series, atMs: rows.times[i] as number, value })
    })
    const none = { outOfOrder: 0, duplicates: 0, outOfBounds: 0, tooOld: 0 }
    return { appended: rows.labels.length, ...none, ...this.outcome }
  }

  send(alerts: readonly OutgoingAlert[]): void {
    this.sent.push([...alerts])
  }

  /** Rows written since the last call, as lines. */
  takeRows(): string[] {
    return this.rows.splice(0).map(({ series, atMs, value }) => `${series} ${value} @${atMs}`)
  }
}
