/**
 * Random PromQL from the grammar, typed so that most of it means something. A seed gives the same queries again.
 * Left out on purpose: what has no defined answer on equal input (limitk and limit_ratio pick by hash, sort order of
 * equal values, topk among equals) and what the server of reference does not know yet.
 */
export type Rng = () => number

/** mulberry32. */
export function seededRng(seed: number): Rng {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const selectors = [
  'requests_total',
  'requests_total{code="500"}',
  'requests_total{code!="200",pod=~"pod-[01]"}',
  'memory_bytes',
  'memory_bytes{pod!~".*-2"}',
  'gaps',
  'churn',
  'special',
  '{__name__=~"requests_total|memory_bytes",pod="pod-1"}',
  '{"utf8.name","odd label"="é"}',
  'latency_bucket',
  'latency_count',
  'native_latency',
  'missing_metric',
]
const labels = ['code', 'pod', 'zone', 'le', '__name__', '"odd label"']
const overTime = [
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'sum_over_time',
  'count_over_time',
  'last_over_time',
  'present_over_time',
  'stddev_over_time',
  'stdvar_over_time',
  'rate',
  'increase',
  'delta',
  'idelta',
  'irate',
  'deriv',
  'changes',
  'resets',
  'absent_over_time',
] // prettier-ignore
const simple = [
  'abs',
  'ceil',
  'floor',
  'exp',
  'ln',
  'log2',
  'log10',
  'sqrt',
  'sgn',
  'sin',
  'cos',
  'tan',
  'atan',
  'tanh',
  'deg',
  'rad',
  'timestamp',
  'minute',
  'hour',
  'day_of_week',
  'month',
  'days_in_month',
  'absent',
  'histogram_count',
  'histogram_sum',
  'histogram_avg',
  'histogram_stddev',
] // prettier-ignore
const aggregations = ['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar']
const arithmetic = ['+', '-', '*', '/', '%', '^', 'atan2']
const comparisons = ['==', '!=', '>', '<', '>=', '<=']
const ranges = ['30s', '1m', '2m30s', '5m', '17m', '1h']
const offsets = ['', '', '', '', ' offset 1m', ' offset -45s', ' offset 10m']
const numbers = ['0', '1', '2', '0.5', '-3', '1e3', 'Inf', 'NaN', '5m', '0x1f']

export function generateQuery(rng: Rng): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(rng() * from.length)] as T
  const some = (from: readonly string[]) => {
    const chosen = from.filter(() => rng() < 0.35)
    return (chosen.length > 0 ? chosen : [pick(from)]).join(', ')
  }
  const selector = () => `${pick(selectors)}${pick(offsets)}`
  const ranged = (depth: number): string =>
    depth > 0 && rng() < 0.15
      ? `(${vector(depth - 1)})[${pick(['5m', '10m', '30m'])}:${pick(['', '30s', '1m', '77s'])}]${pick(offsets)}`
      : `${pick(selectors)}[${pick(ranges)}]${pick(offsets)}`
  const scalar = (depth: number): string => {
    const r = rng()
    if (depth <= 0 || r < 0.6) return pick(numbers)
    if (r < 0.75) return `scalar(${vector(depth - 1)})`
    if (r < 0.85) return 'time()'
    return `(${scalar(depth - 1)} ${pick(arithmetic)} ${scalar(depth - 1)})`
  }
  const matching = () => {
    const r = rng()
    if (r < 0.4) return ''
    const on = `${pick(['on', 'ignoring'])} (${some(['code', 'pod', 'zone'])})`
    if (r < 0.75) return on
    return `${on} ${pick(['group_left', 'group_right'])} ${pick(['', '()', '(zone)'])}`
  }
  const vector = (depth: number): string => {
    const r = rng()
    if (depth <= 0) return selector()
    if (r < 0.1) return selector()
    if (r < 0.35) return `${pick(overTime)}(${ranged(depth)})`
    if (r < 0.38) return `quantile_over_time(${scalar(0)}, ${ranged(depth)})`
    if (r < 0.4) return `predict_linear(${ranged(depth)}, ${scalar(0)})`
    if (r < 0.48) return `${pick(simple)}(${vector(depth - 1)})`
    if (r < 0.51) return `round(${vector(depth - 1)}, ${scalar(0)})`
    if (r < 0.54) return `clamp(${vector(depth - 1)}, ${scalar(0)}, ${scalar(0)})`
    if (r < 0.57)
      return `histogram_quantile(${pick(['0.5', '0.99', '1', '2'])}, ${vector(depth - 1)})`
    if (r < 0.59) {
      return `label_replace(${vector(depth - 1)}, "zone", "$1-x", "pod", "(.*)-.*")`
    }
    if (r < 0.74) {
      const clause = rng() < 0.7 ? ` ${pick(['by', 'without'])} (${some(labels)})` : ''
      return `${pick(aggregations)}${clause} (${vector(depth - 1)})`
    }
    if (r < 0.77) return `quantile${pick(['', ' by (pod)'])} (${scalar(0)}, ${vector(depth - 1)})`
    if (r < 0.79) return `count_values("v", ${vector(depth - 1)})`
    if (r < 0.86) {
      return `${vector(depth - 1)} ${pick(arithmetic)} ${matching()} ${vector(depth - 1)}`
    }
    if (r < 0.9) return `${vector(depth - 1)} ${pick(arithmetic)} ${scalar(depth - 1)}`
    if (r < 0.94) {
      return `${vector(depth - 1)} ${pick(comparisons)} ${pick(['', 'bool'])} ${pick([scalar(0), vector(depth - 1)])}`
    }
    if (r < 0.97) {
      const on = pick(['', `on (${some(['code', 'pod'])})`, 'ignoring (code)'])
      return `${vector(depth - 1)} ${pick(['and', 'or', 'unless'])} ${on} ${vector(depth - 1)}`
    }
    if (r < 0.985) return `-${vector(depth - 1)}`
    return `vector(${scalar(depth - 1)})`
  }
  const depth = 1 + Math.floor(rng() * 3)
  return rng() < 0.04 ? scalar(depth) : vector(depth)
}
