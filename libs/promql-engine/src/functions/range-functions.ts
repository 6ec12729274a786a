// tidy: table
import { changes, resets } from './changes.ts'
import {
  avgOverTime,
  countOverTime,
  firstOverTime,
  lastOverTime,
  madOverTime,
  maxOverTime,
  minOverTime,
  presentOverTime,
  quantileOverTime,
  stddevOverTime,
  stdvarOverTime,
  sumOverTime,
  tsOfFirstOverTime,
  tsOfLastOverTime,
  tsOfMaxOverTime,
  tsOfMinOverTime,
} from './over-time.ts'
import { delta, idelta, increase, irate, rate } from './rate.ts'
import { deriv, doubleExponentialSmoothing, predictLinear } from './regression.ts'
import type { WindowFunction } from './window.ts'

/** Functions of a range vector, by name. */
export const RANGE_FUNCTIONS: ReadonlyMap<string, WindowFunction> = new Map([
  ['rate', rate],
  ['increase', increase],
  ['delta', delta],
  ['irate', irate],
  ['idelta', idelta],
  ['resets', resets],
  ['changes', changes],
  ['deriv', deriv],
  ['predict_linear', predictLinear],
  ['double_exponential_smoothing', doubleExponentialSmoothing],
  ['avg_over_time', avgOverTime],
  ['sum_over_time', sumOverTime],
  ['min_over_time', minOverTime],
  ['max_over_time', maxOverTime],
  ['count_over_time', countOverTime],
  ['present_over_time', presentOverTime],
  ['absent_over_time', presentOverTime],
  ['last_over_time', lastOverTime],
  ['first_over_time', firstOverTime],
  ['stddev_over_time', stddevOverTime],
  ['stdvar_over_time', stdvarOverTime],
  ['quantile_over_time', quantileOverTime],
  ['mad_over_time', madOverTime],
  ['ts_of_min_over_time', tsOfMinOverTime],
  ['ts_of_max_over_time', tsOfMaxOverTime],
  ['ts_of_last_over_time', tsOfLastOverTime],
  ['ts_of_first_over_time', tsOfFirstOverTime],
])

/** Functions that leave the metric name alone. */
export const NAME_KEEPERS: ReadonlySet<string> = new Set(['last_over_time', 'first_over_time'])
