import { EMPTY_LABELS } from '@prom/labels'
import { seededRandom } from '@prom/testkit'
import { RANGE_FUNCTIONS } from '../functions/range-functions.ts'
import type { RangeCall, Window } from '../functions/window.ts'
import { Notes } from '../notes.ts'
import { RangeColumns } from '../operators/range-columns.ts'
import { makeWindows } from '../operators/windows.ts'
import { FLOAT, makeSeries, NONE } from '../tile.ts'
import { beginQuery, Workspace } from '../workspace.ts'
import { floatKernel } from './float-kernels.ts'

const NAMES = ['rate', 'increase', 'delta', 'sum', 'avg', 'min', 'max', 'count', 'last'].map(
  (name, i) => (i < 3 ? name : `${name}_over_time`),
)

const QUANTILES = [0.5, 0.9, 0, 1, 0.37, Number.NaN, -1, 2]

const BY_COLUMNS = [
  ...NAMES.slice(0, 7),
  ...['irate', 'idelta', 'changes', 'resets', 'deriv', 'predict_linear'],
  ...['stdvar_over_time', 'stddev_over_time', 'quantile_over_time'],
]

/** Counters with resets and gaps, odd values, and room in front: columns need not begin at 0. */
function makeColumns(random: () => number) {
  const start = Math.floor(random() * 5)
  const count = Math.floor(random() * 60)
  const times = new Float64Array(start + count)
  const values = new Float64Array(start + count)
  let time = 0
  let total = random() * 10
  for (let i = start; i < start + count; i++) {
    time += random() < 0.1 ? 70_000 : 15_000 + Math.floor(random() * 30)
    total = random() < 0.1 ? random() : total + random() * 5
    const dice = random()
    times[i] = time
    values[i] = oddities(dice) ?? total
  }
  return { times, values, start, end: start + count, startTimes: undefined }
}

function oddities(dice: number): number | undefined {
  if (dice < 0.02) return Number.NaN
  if (dice < 0.03) return Number.POSITIVE_INFINITY
  if (dice < 0.05) return -0
  if (dice < 0.07) return 0
  return dice < 0.08 ? 1e308 : undefined
}

const call: RangeCall = {
  notes: new Notes(''),
  features: {},
  lookbackMs: 300_000,
  at: { start: 0, end: 0 },
  parameterAt: { start: 0, end: 0 },
  metricName: 'm_total',
  parameters: [],
  extension: undefined,
}

/** Calls back with what one way of computing a column gives, and checks it against the function, step by step. */
function compare(
  name: string,
  evaluate: (
    floats: ReturnType<typeof makeColumns>,
    job: { ends: Float64Array; rangeMs: number; times: Float64Array },
    parameters: Float64Array[],
  ) => { kinds: Uint8Array; values: Float64Array; count: number | undefined },
): void {
  const source = seededRandom(11)
  const random = () => source.next()
  const compute = RANGE_FUNCTIONS.get(name)
  const none = new Float64Array(0)
  for (let round = 0; round < 80; round++) {
    const floats = makeColumns(random)
    const rangeMs = [30_000, 60_000, 300_000, 17_000][round % 4] as number
    const ends = Float64Array.from({ length: 51 }, (_, i) => i * 20_000 + (round % 3) * 777)
    const times = ends.map((end) => end + 7000)
    const parameters =
      name === 'predict_linear'
        ? [ends.map((end) => (end % 7) * 100)]
        : name === 'quantile_over_time'
          ? [ends.map((_, step) => QUANTILES[step % QUANTILES.length] as number)]
          : []
    const { kinds, values, count } = evaluate(floats, { ends, rangeMs, times }, parameters)
    const windows = makeWindows(floats.times, floats.start, floats.end, ends, rangeMs)
    let expected = 0
    for (let step = 0; step < ends.length; step++) {
      const endMs = ends[step] as number
      const window: Window = {
        times: floats.times,
        values: floats.values,
        from: floats.start + (windows.from[step] as number),
        to: floats.start + (windows.to[step] as number),
        startTimes: undefined,
        histogramTimes: none,
        histograms: [],
        histogramFrom: 0,
        histogramTo: 0,
        histogramStartTimes: undefined,
        startMs: endMs - rangeMs,
        endMs,
        rangeMs,
        atMs: times[step] as number,
        first: floats.start,
        last: floats.end,
        histogramFirst: 0,
        histogramLast: 0,
      }
      parameters.forEach((column, i) => {
        call.parameters[i] = column[step] as number
      })
      const value = window.from === window.to ? undefined : compute?.(window, call)
      if (value !== undefined) expected++
      const is = kinds[step] === NONE ? undefined : values[step]
      if (!Object.is(is, value))
        throw new Error(`seed 11, round ${round}, step ${step}: ${is}, not ${value}`)
    }
    expect(count).toBe(expected)
    expect(kinds.filter((kind) => kind === FLOAT)).toHaveLength(expected)
  }
}

test.each(NAMES)('the loop of %s gives bit for bit what the function gives', (name) => {
  compare(name, (floats, { ends, rangeMs }) => {
    const windows = makeWindows(floats.times, floats.start, floats.end, ends, rangeMs)
    const out = makeSeries(EMPTY_LABELS, ends.length)
    const count = floatKernel(name)?.(floats, windows, { ends, rangeMs }, out)
    return { ...out, count }
  })
})

test.each(BY_COLUMNS)('the kernel of %s gives bit for bit what the function gives', (name) => {
  compare(name, (floats, job, parameters) => {
    beginQuery()
    const space = Workspace.of(undefined)
    const windows = makeWindows(floats.times, floats.start, floats.end, job.ends, job.rangeMs)
    const column = RangeColumns.for(name, { ...job, parameters }, space)?.of(floats, windows)
    if (!column) throw new Error('no kernel')
    return column
  })
})
