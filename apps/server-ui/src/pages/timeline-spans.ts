/** Spans of time from the samples of ALERTS. */

export interface Span {
  readonly state: string
  /** Seconds. */
  readonly from: number
  readonly to: number
}

export interface AlertSpans {
  /** Of the alert, its name and state aside. */
  readonly labels: string
  readonly spans: readonly Span[]
}

interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly (readonly [number, string])[]
}

/** One row per alert; its pending and its firing series are one row. Steps without a gap are one span. */
export function spansOf(series: readonly Series[], stepSeconds: number): AlertSpans[] {
  const rows = new Map<string, Span[]>()
  for (const { metric, values } of series) {
    const { __name__: _name, alertname: _alert, alertstate = '', ...rest } = metric
    const labels = Object.entries(rest)
      .map(([name, value]) => `${name}="${value}"`)
      .join(', ')
    const spans = rows.get(labels) ?? []
    rows.set(labels, spans)
    let open: { state: string; from: number; to: number } | undefined
    for (const [at] of values) {
      if (open && at - open.to < stepSeconds * 1.5) open.to = at
      else {
        open = { state: alertstate, from: at, to: at }
        spans.push(open)
      }
    }
  }
  return [...rows].map(([labels, spans]) => ({ labels, spans }))
}
