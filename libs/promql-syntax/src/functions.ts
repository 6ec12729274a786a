// tidy: table
import type { ValueType } from './ast.ts'

/** What the parser knows of a function. */
export interface FunctionSignature {
  readonly name: string
  readonly argTypes: readonly ValueType[]
  /** How many times the last argument may be left out or repeated; -1 means any number of times. */
  readonly variadic: number
  readonly returnType: ValueType
  readonly isExperimental: boolean
}

const TYPES: Readonly<Record<string, ValueType>> = {
  v: 'vector',
  m: 'matrix',
  s: 'scalar',
  t: 'string',
}

const TABLE: Record<string, FunctionSignature> = Object.create(null)

/** `args` has a letter per argument: v vector, m matrix, s scalar, t string. */
function define(names: string, args: string, options: Partial<FunctionSignature> = {}): void {
  for (const name of names.split(' ')) {
    TABLE[name] = {
      name,
      argTypes: [...args].map((letter) => TYPES[letter] as ValueType),
      variadic: 0,
      returnType: 'vector',
      isExperimental: false,
      ...options,
    }
  }
}

const EXPERIMENTAL = { isExperimental: true }
const SCALAR = { returnType: 'scalar' } as const

define('abs ceil floor exp ln log2 log10 sqrt sgn deg rad timestamp', 'v')
define('sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh', 'v')
define('absent sort sort_desc', 'v')
define('histogram_avg histogram_count histogram_sum histogram_stddev histogram_stdvar', 'v')
define('day_of_month day_of_week day_of_year days_in_month hour minute month year', 'v', {
  variadic: 1,
})
define('rate increase delta irate idelta resets changes deriv', 'm')
define('avg_over_time sum_over_time min_over_time max_over_time count_over_time', 'm')
define('present_over_time absent_over_time last_over_time first_over_time', 'm')
define('stddev_over_time stdvar_over_time', 'm')
define('mad_over_time ts_of_min_over_time ts_of_max_over_time', 'm', EXPERIMENTAL)
define('ts_of_last_over_time ts_of_first_over_time', 'm', EXPERIMENTAL)
define('quantile_over_time', 'sm')
define('predict_linear', 'ms')
define('double_exponential_smoothing', 'mss', EXPERIMENTAL)
define('clamp', 'vss')
define('clamp_min clamp_max', 'vs')
define('round', 'vs', { variadic: 1 })
define('histogram_quantile', 'sv')
define('histogram_fraction', 'ssv')
define('histogram_quantiles', 'vtss', { variadic: 9, isExperimental: true })
define('info', 'vv', { variadic: 1, isExperimental: true })
define('label_replace', 'vtttt')
define('label_join', 'vttt', { variadic: -1 })
define('sort_by_label sort_by_label_desc', 'vt', { variadic: -1, isExperimental: true })
define('scalar', 'v', SCALAR)
define('vector', 's')
define('pi time', '', SCALAR)
define('start end range step', '', { ...SCALAR, ...EXPERIMENTAL })
define('min_of max_of', 'ss', { ...SCALAR, ...EXPERIMENTAL })
define('start_timestamp', 'v', EXPERIMENTAL)

/** The function called `name` (case matters), or undefined. */
export function findFunction(name: string): FunctionSignature | undefined {
  return TABLE[name]
}

/** All functions, for completion and documentation. */
export function allFunctions(): FunctionSignature[] {
  return Object.values(TABLE)
}
