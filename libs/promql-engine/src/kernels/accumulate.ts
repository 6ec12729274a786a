import type { ColumnPlace } from '../tile.ts'
import type { Piece } from '../workspace.ts'

/** Columns in which an aggregation gathers the floats of one group. */
export interface Accumulators {
  readonly op: string
  readonly counts: Float64Array
  readonly values: Float64Array
  /** What rounding lost (sum, avg), or the running mean (stddev, stdvar). */
  readonly extra: Float64Array
  /** avg only: the sum would overflow, `values` is the mean so far. */
  readonly isIncremental: Uint8Array
  /** Where kernels find counts, values and extra, one behind the other; 0: nowhere. */
  readonly address: number
}

/** `piece`: room in the workspace for three columns. */
export function makeAccumulators(op: string, steps: number, piece?: Piece): Accumulators {
  const floats = piece?.floats ?? new Float64Array(steps * 3)
  floats.fill(0)
  const values = floats.subarray(steps, steps * 2)
  if (op === 'min' || op === 'max') values.fill(Number.NaN)
  return {
    op,
    counts: floats.subarray(0, steps),
    values,
    extra: floats.subarray(steps * 2, steps * 3),
    isIncremental: new Uint8Array(op === 'avg' ? steps : 0),
    address: piece?.address ?? 0,
  }
}

/** Adds one series: `kinds[step]` is 0 where it has no value. */
export function addToAccumulators(
  into: Accumulators,
  values: Float64Array,
  kinds: Uint8Array,
): void {
  switch (into.op) {
    case 'sum':
      addSum(into, values, kinds)
      break
    case 'avg':
      addAverage(into, values, kinds)
      break
    case 'min':
      addMin(into, values, kinds)
      break
    case 'max':
      addMax(into, values, kinds)
      break
    case 'stddev':
    case 'stdvar':
      addVariance(into, values, kinds)
      break
    default:
      addCount(into, kinds)
  }
}

/** As `addToAccumulators`, by kernel: the accumulators and the series lie in the workspace. */
export function addPlaced(
  into: Accumulators,
  { space: { exports }, address: column, runs }: ColumnPlace,
  series: Float64Array,
  kinds: Uint8Array,
): void {
  const { op, address: counts } = into
  const size = into.counts.length * 8
  const values = counts + size
  const extra = values + size
  // Once a mean is no sum any more the plain way goes on.
  if (op === 'avg' && into.isIncremental.indexOf(1) >= 0) {
    addAverage(into, series, kinds)
    return
  }
  for (let i = 0; i < runs.length; i += 2) {
    const from = runs[i]!
    const to = runs[i + 1]!
    switch (op) {
      case 'sum':
        exports.addCounts(counts, from, to)
        exports.addSums(values, extra, column, from, to, 0)
        break
      case 'avg': {
        const stop = exports.addSums(values, extra, column, from, to, 1)
        exports.addCounts(counts, from, stop)
        if (stop < to) addAverage(into, series, kinds, stop)
        if (stop < to) return
        break
      }
      case 'min':
      case 'max':
        exports.addCounts(counts, from, to)
        exports.addExtremes(values, column, from, to, op === 'max' ? 1 : 0)
        break
      case 'stddev':
      case 'stdvar':
        exports.addVariances(counts, values, extra, column, from, to)
        break
      default:
        exports.addCounts(counts, from, to)
    }
  }
}

function addSum(
  { counts, values, extra }: Accumulators,
  column: Float64Array,
  kinds: Uint8Array,
): void {
  for (let step = 0; step < kinds.length; step++) {
    if (kinds[step] === 0) continue
    const value = column[step]!
    if (counts[step]!++ === 0) {
      values[step] = value
      continue
    }
    const sum = values[step]!
    const total = sum + value
    if (total === Number.POSITIVE_INFINITY || total === Number.NEGATIVE_INFINITY) extra[step] = 0
    else if (Math.abs(sum) >= Math.abs(value)) extra[step]! += sum - total + value
    else extra[step]! += value - total + sum
    values[step] = total
  }
}

function addAverage(
  { counts, values, extra, isIncremental }: Accumulators,
  column: Float64Array,
  kinds: Uint8Array,
  from = 0,
): void {
  for (let step = from; step < kinds.length; step++) {
    if (kinds[step] === 0) continue
    let value = column[step]!
    const count = counts[step]! + 1
    counts[step] = count
    if (count === 1) {
      values[step] = value
      continue
    }
    let sum = values[step]!
    let lost = extra[step]!
    if (isIncremental[step] === 0) {
      const total = sum + value
      if (total !== Number.POSITIVE_INFINITY && total !== Number.NEGATIVE_INFINITY) {
        extra[step] =
          lost + (Math.abs(sum) >= Math.abs(value) ? sum - total + value : value - total + sum)
        values[step] = total
        continue
      }
      isIncremental[step] = 1
      sum /= count - 1
      lost /= count - 1
    }
    const q = (count - 1) / count
    sum *= q
    lost *= q
    value /= count
    const total = sum + value
    if (total === Number.POSITIVE_INFINITY || total === Number.NEGATIVE_INFINITY) lost = 0
    else lost += Math.abs(sum) >= Math.abs(value) ? sum - total + value : value - total + sum
    values[step] = total
    extra[step] = lost
  }
}

function addMin({ counts, values }: Accumulators, column: Float64Array, kinds: Uint8Array): void {
  for (let step = 0; step < kinds.length; step++) {
    if (kinds[step] === 0) continue
    const value = column[step]!
    const min = values[step]!
    if (counts[step]!++ === 0 || value < min || Number.isNaN(min)) values[step] = value
  }
}

function addMax({ counts, values }: Accumulators, column: Float64Array, kinds: Uint8Array): void {
  for (let step = 0; step < kinds.length; step++) {
    if (kinds[step] === 0) continue
    const value = column[step]!
    const max = values[step]!
    if (counts[step]!++ === 0 || value > max || Number.isNaN(max)) values[step] = value
  }
}

function addVariance(
  { counts, values, extra }: Accumulators,
  column: Float64Array,
  kinds: Uint8Array,
): void {
  for (let step = 0; step < kinds.length; step++) {
    if (kinds[step] === 0) continue
    const value = column[step]!
    const count = counts[step]! + 1
    counts[step] = count
    if (count === 1) {
      extra[step] = value
      values[step] = value - value === 0 ? 0 : Number.NaN
      continue
    }
    const delta = value - extra[step]!
    extra[step]! += delta / count
    values[step]! += delta * (value - extra[step]!)
  }
}

function addCount({ counts }: Accumulators, kinds: Uint8Array): void {
  for (let step = 0; step < kinds.length; step++) if (kinds[step] !== 0) counts[step]!++
}

/** Writes the result of each step that has one; returns how many have. */
export function finishAccumulators(
  { op, counts, values, extra, isIncremental }: Accumulators,
  out: Float64Array,
  kinds: Uint8Array,
): number {
  let found = 0
  for (let step = 0; step < counts.length; step++) {
    const count = counts[step]!
    if (count === 0) continue
    found++
    kinds[step] = 1
    const value = values[step]!
    if (op === 'sum') out[step] = value + extra[step]!
    else if (op === 'avg') {
      const isMean = isIncremental[step] === 1
      out[step] = isMean ? value + extra[step]! : value / count + extra[step]! / count
    } else if (op === 'stdvar') out[step] = value / count
    else if (op === 'stddev') out[step] = Math.sqrt(value / count)
    else if (op === 'count') out[step] = count
    else if (op === 'group') out[step] = 1
    else out[step] = value
  }
  return found
}
