/** Makes data and queries from a seed, to hold two engines against each other. */

export interface GeneratedSeries {
  readonly labels: Readonly<Record<string, string>>
  /** Milliseconds and values; ascending. */
  readonly samples: readonly (readonly [number, number])[]
}

type Random = () => number

const STEP_MS = 15_000

/** Counters with resets and gaps, gauges with odd values, classic histograms, series that come and go. */
export function generateData(random: Random, startMs: number, count: number): GeneratedSeries[] {
  const all: GeneratedSeries[] = []
  const add = (labels: Record<string, string>, next: (i: number) => number | undefined) => {
    const samples: [number, number][] = []
    for (let i = 0; i < count; i++) {
      const value = next(i)
      if (value !== undefined) samples.push([startMs + i * STEP_MS, value])
    }
    all.push({ labels, samples })
  }
  for (const job of ['api', 'web']) {
    for (const instance of ['1', '2', '10']) {
      let total = Math.floor(random() * 1000)
      add({ __name__: 'requests_total', job, instance }, () => {
        if (random() < 0.02) total = 0
        total += Math.floor(random() * 20)
        return random() < 0.05 ? undefined : total
      })
      let errors = 0
      add({ __name__: 'errors_total', job, instance, code: '5xx' }, (i) => {
        errors += random() < 0.2 ? 1 : 0
        return instance === '10' && i > count / 2 ? undefined : errors
      })
      const buckets = ['0.1', '0.5', '1', '+Inf'].map((le) => ({ le, value: 0 }))
      for (const bucket of buckets) {
        add({ __name__: 'latency_bucket', job, instance, le: bucket.le }, () => {
          bucket.value += bucket.le === '+Inf' ? 9 : Math.floor(Number(bucket.le) * 8)
          return bucket.value
        })
      }
    }
  }
  for (const room of ['kitchen', 'hall', 'été']) {
    let value = 20
    add({ __name__: 'temperature', room }, () => {
      value += random() - 0.5
      const dice = random()
      if (dice < 0.01) return Number.NaN
      if (dice < 0.02) return Number.POSITIVE_INFINITY
      if (dice < 0.03) return -1e300
      return dice < 0.1 ? undefined : value
    })
  }
  for (let i = 0; i < 5; i++) {
    add({ __name__: 'pod_info', pod: `p${i}`, job: i % 2 === 0 ? 'api' : 'web' }, (at) =>
      Math.floor(at / (count / 5)) === i ? 1 : undefined,
    )
  }
  add({ __name__: 'constant', job: 'api' }, () => 42)
  return all
}

const SELECTORS = [
  'requests_total',
  'requests_total{job="api"}',
  'errors_total{instance!="2"}',
  'temperature',
  'temperature{room=~"k.*|été"}',
  'pod_info',
  'constant',
  '{__name__=~"requests_total|errors_total", job="web"}',
  'nothing',
]
const RANGE_FUNCTIONS = [
  ...['rate', 'increase', 'delta', 'irate', 'idelta', 'deriv', 'changes', 'resets'],
  ...['sum', 'avg', 'min', 'max', 'count', 'stddev', 'stdvar', 'last', 'present'].map(
    (name) => `${name}_over_time`,
  ),
]
const SIMPLE = ['abs', 'ceil', 'floor', 'exp', 'ln', 'sqrt', 'sgn', 'round', 'sort', 'sort_desc']
const DATES = ['timestamp', 'hour', 'day_of_week', 'minute', 'days_in_month', 'absent']
const AGGREGATIONS = ['sum', 'avg', 'min', 'max', 'count', 'stddev', 'stdvar', 'group']
const GROUPINGS = ['', ' by (job)', ' without (instance)', ' by (job, instance)', ' by (__name__)']
const OPERATORS = ['+', '-', '*', '/', '%', '^', 'atan2']
const COMPARISONS = ['==', '!=', '<', '<=', '>', '>=']
const RANGES = ['30s', '1m', '2m', '5m', '17s', '10m']

/** One query of the grammar, `depth` levels deep at most. */
export function generateQuery(random: Random, depth = 3): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const scalar = (): string =>
    pick(['2', '0', '-1.5', '1e3', 'NaN', 'Inf', 'time() % 7', 'scalar(constant)'])
  const modifiers = (): string =>
    pick(['', '', '', '', ' offset 1m', ' offset -30s', ' @ end()', ' @ start() offset 30s'])
  const vector = (level: number): string => {
    if (level <= 0) return pick(SELECTORS) + modifiers()
    const inner = () => vector(level - 1)
    switch (Math.floor(random() * 14)) {
      case 0:
        return pick(SELECTORS) + modifiers()
      case 1:
      case 2:
      case 3:
        return `${pick(RANGE_FUNCTIONS)}(${pick(SELECTORS)}[${pick(RANGES)}]${modifiers()})`
      case 4:
      case 5:
        return `${pick(AGGREGATIONS)}${pick(GROUPINGS)} (${inner()})`
      case 6:
        // Of selectors only: which of equal values stays is chance where their order is.
        return `${pick(['topk', 'bottomk'])}${pick(GROUPINGS)} (${pick(['1', '2', '3'])}, ${pick(SELECTORS)}${modifiers()})`
      case 7:
        return `${pick(['quantile', 'quantile'])}${pick(GROUPINGS)} (${pick(['0.5', '0.9', '1', '2'])}, ${inner()})`
      case 8:
        return `(${inner()} ${pick(OPERATORS)} ${scalar()})`
      case 9:
        return `(${inner()} ${pick(COMPARISONS)} ${pick(['', 'bool '])}${scalar()})`
      case 10: {
        const match = pick(['', ' on (job)', ' ignoring (code)', ' on (job, instance)'])
        const group =
          match !== '' && random() < 0.5 ? pick([' group_left ()', ' group_right ()']) : ''
        return `(${inner()} ${pick([...OPERATORS, ...COMPARISONS])}${match}${group} ${inner()})`
      }
      case 11:
        return `(${inner()} ${pick(['and', 'or', 'unless'])}${pick(['', ' on (job)'])} ${inner()})`
      case 12:
        return pick([
          `${pick(SIMPLE)}(${inner()})`,
          `${pick(DATES)}(${inner()})`,
          `clamp(${inner()}, 1, 50)`,
          `-${inner()}`,
          `label_replace(${inner()}, "dst", "$1", "job", "(.).*")`,
          `label_join(${inner()}, "job", "-", "job", "room")`,
          `histogram_quantile(0.9, rate(latency_bucket[5m]))`,
          `histogram_quantile(0.5, sum by (job, le) (latency_bucket))`,
          `predict_linear(${pick(SELECTORS)}[2m], 60)`,
          `quantile_over_time(0.7, ${pick(SELECTORS)}[2m])`,
          `count_values("v", ${pick(SELECTORS)})`,
        ])
      default:
        return `${pick(['max_over_time', 'rate', 'avg_over_time'])}((${inner()})[2m:${pick(['', '20s', '45s'])}])`
    }
  }
  return random() < 0.05 ? scalar() : vector(depth)
}
