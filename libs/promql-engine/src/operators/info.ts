import { type Labels, Matcher, METRIC_NAME } from '@prom/labels'
import { type Call, type Expr, selectorsOf, type VectorSelector } from '@prom/promql-syntax'
import type { Frame } from '../context.ts'
import { fail } from '../errors.ts'
import { copyStep, HISTOGRAM, isEmpty, makeHeldSeries, NONE, type StepSeries } from '../tile.ts'
import { selectInstants } from './select.ts'

/** Labels by which a series and an info series belong together. */
const IDENTIFYING = ['instance', 'job']

/** info(v, {selector}): adds the data labels of matching info series to each series of `base`. */
export function addInfoLabels(frame: Frame, call: Call, base: StepSeries[]): StepSeries[] {
  return new InfoJoin(frame, call).join(base)
}

class InfoJoin {
  readonly #frame: Frame
  readonly #call: Call
  /** Matchers of the info metric's name. */
  readonly #names: Matcher[]
  /** Matchers of data labels, by label. */
  readonly #data = new Map<string, Matcher[]>()

  constructor(frame: Frame, call: Call) {
    this.#frame = frame
    this.#call = call
    const selector = call.args[1] as VectorSelector | undefined
    const names: Matcher[] = []
    for (const matcher of selector?.matchers ?? []) {
      if (matcher.name === METRIC_NAME) names.push(matcher)
      else this.#data.set(matcher.name, [...(this.#data.get(matcher.name) ?? []), matcher])
    }
    if (names.length === 0) names.push(new Matcher('=', METRIC_NAME, 'target_info'))
    else if (names.every(({ type }) => type === '!=' || type === '!~')) {
      names.push(new Matcher('=~', METRIC_NAME, '.+_info'))
    }
    this.#names = names
  }

  join(base: StepSeries[]): StepSeries[] {
    const isInfo = ({ labels }: StepSeries) =>
      this.#names.every((matcher) => matcher.matches(labels.get(METRIC_NAME)))
    const joined = base.filter((series) => !isInfo(series))
    const infos = this.#selectInfos(joined)
    const results: StepSeries[] = base.filter(isInfo)
    const made = new Map<string, StepSeries>()
    for (const series of joined) {
      for (let step = 0; step < series.kinds.length; step++) {
        if (series.kinds[step] === NONE) continue
        const labels = this.#labelsAt(series, infos, step)
        if (!labels) continue
        const key = labels.key()
        let result = made.get(key)
        if (!result) {
          const { limits } = this.#frame.context
          result = makeHeldSeries(limits, labels, series.kinds.length, series.isNameDropped)
          made.set(key, result)
        }
        if (result.kinds[step] !== NONE) {
          fail('vector cannot contain metrics with the same labelset')
        }
        copyStep(series, result, step)
      }
    }
    results.push(...made.values())
    return results.filter((series) => !isEmpty(series))
  }

  /** Info series with the identifying labels of the base, by those labels. */
  #selectInfos(base: readonly StepSeries[]): Map<string, InfoSeries[]> {
    const byKey = new Map<string, InfoSeries[]>()
    const values = IDENTIFYING.map((name) => new Set(base.map(({ labels }) => labels.get(name))))
    if (values.some((set) => [...set].every((value) => value === ''))) return byKey
    const matchers = [...this.#names, ...[...this.#data.values()].flat()]
    const times = new Map<number, Float64Array>()
    const { selector } = this.#lookup(matchers)
    let picked: { index: number; times: Float64Array }[] = []
    const input = selectInstants(this.#frame, selector, (index, step, timeMs) => {
      let column = times.get(index)
      if (!column) {
        this.#frame.context.limits.holdBytes(this.#frame.times.length * 8)
        column = new Float64Array(this.#frame.times.length)
        times.set(index, column)
        picked.push({ index, times: column })
      }
      column[step] = timeMs
    })
    for (let tile = input.next(); tile; tile = input.next()) {
      tile.forEach((series, i) => {
        const key = keyOf(series.labels)
        if (key === undefined) return
        if (series.kinds.indexOf(HISTOGRAM) >= 0) {
          fail(`this should be an info metric, with float samples: ${series.labels}`)
        }
        const entry = { series, times: (picked[i] as { times: Float64Array }).times }
        const known = byKey.get(key)
        if (known) known.push(entry)
        else byKey.set(key, [entry])
      })
      picked = []
    }
    return byKey
  }

  /** Looked up at the times of the first argument's selector: its @ and offset count here too. */
  #lookup(matchers: Matcher[]): { selector: VectorSelector } {
    const first = selectorsOf(this.#call.args[0] as Expr)[0]
    const selector: VectorSelector = {
      kind: 'selector',
      name: '',
      matchers,
      offsetMs: first?.offsetMs ?? 0,
      offsetExpr: undefined,
      timestampMs: first?.timestampMs,
      startOrEnd: undefined,
      anchored: false,
      smoothed: false,
      mayMatchEmpty: true,
      range: this.#call.range,
    }
    return { selector }
  }

  /** The labels of `series` with what its info series say at `step`; undefined if it is to be dropped. */
  #labelsAt(
    series: StepSeries,
    infos: ReadonlyMap<string, readonly InfoSeries[]>,
    step: number,
  ): Labels | undefined {
    const key = keyOf(series.labels)
    const found = key === undefined ? [] : (infos.get(key) ?? [])
    const newest = new Map<string, InfoSeries>()
    for (const info of found) {
      if (info.series.kinds[step] === NONE) continue
      const name = info.series.labels.get(METRIC_NAME)
      const other = newest.get(name)
      const time = info.times[step] as number
      const otherTime = other?.times[step] as number
      if (other && time === otherTime) {
        const [a, b] = [other, info].map(({ series: { labels } }) => labels.toString())
        fail(
          `found duplicate series for info metric: existing ${a} @ ${otherTime}, new ${b} @ ${time}`,
        )
      }
      if (!other || time > otherTime) newest.set(name, info)
    }
    if (key === undefined) return series.labels
    let labels = series.labels
    const added = new Map<string, string>()
    for (const { series: info } of newest.values()) {
      for (const [name, value] of info.labels) {
        if (name === METRIC_NAME || IDENTIFYING.includes(name) || series.labels.has(name)) continue
        if (this.#data.size > 0 && !this.#data.has(name)) continue
        const known = added.get(name)
        if (known !== undefined && known !== value) fail(`conflicting label: ${name}`)
        added.set(name, value)
        labels = labels.with(name, value)
      }
    }
    if (newest.size === 0 && !this.#acceptsEmpty()) return undefined
    return labels
  }

  /** Whether a series without info may stay: every data matcher accepts an absent label. */
  #acceptsEmpty(): boolean {
    for (const matchers of this.#data.values()) {
      if (!matchers.every((matcher) => matcher.matchesEmpty)) return false
    }
    return true
  }
}

interface InfoSeries {
  readonly series: StepSeries
  readonly times: Float64Array
}

function keyOf(labels: Labels): string | undefined {
  const values = IDENTIFYING.map((name) => labels.get(name))
  return values.every((value) => value === '') ? undefined : values.join('\0')
}
