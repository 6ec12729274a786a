import { EMPTY_LABELS } from '@prom/labels'
import { seededRandom } from '@prom/testkit'
import { RANGE_FUNCTIONS } from '../functions/range-functions.ts'
import type { RangeCall, Window } from '../functions/window.ts'
import { Notes } from '../notes.ts'
import { makeWindows } from '../operators/windows.ts'
import { FLOAT, makeSeries, NONE } from '../tile.ts'
import { floatKernel } from './float-kernels.ts'

const NAMES = ['rate', 'increase', 'delta', 'sum', 'avg', 'min', 'max', 'count', 'last'].map(
  (name, i) => (i < 3 ? name : `${name}_over_time`),
)

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
    values[i] = dice < 0.02 ? Number.NaN : dice < 0.04 ? Number.POSITIVE_INFINITY : total
  }
  return { times, values, start, end: start + count, startTimes: undefined }
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

test.each(NAMES)('the kernel of %s gives bit for bit what the function gives', (name) => {
  const source = seededRandom(11)
  const random = () => source.next()
  const compute = RANGE_FUNCTIONS.get(name)
  const none = new Float64Array(0)
  for (let round = 0; round < 60; round++) {
    const floats = makeColumns(random)
    const rangeMs = [30_000, 60_000, 300_000, 17_000][round % 4] as number
    const ends = Float64Array.from({ length: 50 }, (_, i) => i * 20_000 + (round % 3) * 777)
    const windows = makeWindows(floats.times, floats.start, floats.end, ends, rangeMs)
    const out = makeSeries(EMPTY_LABELS, ends.length)
    const found = floatKernel(name)?.(floats, windows, { ends, rangeMs }, out)
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
        atMs: endMs,
        first: floats.start,
        last: floats.end,
        histogramFirst: 0,
        histogramLast: 0,
      }
      const value = window.from === window.to ? undefined : compute?.(window, call)
      if (value !== undefined) expected++
      const is = out.kinds[step] === NONE ? undefined : out.values[step]
      if (!Object.is(is, value))
        throw new Error(`seed 11, round ${round}, step ${step}: ${is}, not ${value}`)
    }
    expect(found).toBe(expected)
    expect(out.kinds.filter((kind) => kind === FLOAT)).toHaveLength(expected)
  }
})
