/** The function table of Prometheus' alert and console templates. */
import { parseDuration } from '@prom/model'
import { FunctionError } from '../errors.ts'
import { toFloat } from '../functions/convert.ts'
import { define, defineVariadic, type FunctionTable } from '../functions/define.ts'
import { humanizeFunctions } from '../functions/humanize.ts'
import { textFunctions, upperCase } from '../functions/text.ts'
import { duration, timeFromSeconds } from '../time/go-time.ts'
import { ANY_MAP, type GoList, GoMap } from '../values.ts'
import { linkFunctions } from './links.ts'
import { sampleFunctions } from './samples.ts'

/** What the functions need to know of the moment and the server. */
export interface PrometheusScope {
  readonly query: (expression: string) => GoList
  /** Evaluation time, milliseconds. */
  readonly timeMs: number
  readonly externalUrl: string
  /** Path of the external URL. */
  readonly pathPrefix: string
}

const NEVER = (): never => {
  throw new FunctionError('not available here')
}

const fixedFunctions: FunctionTable = {
  ...textFunctions,
  ...humanizeFunctions,
  ...linkFunctions,
  ...sampleFunctions,
  title: define(['string'], titleWords),
  args: defineVariadic([], 'any', (...args) => {
    return new GoMap(ANY_MAP, new Map(args.map((arg, i) => [`arg${i}`, arg])))
  }),
  toTime: define(['any'], (value) => {
    const seconds = toFloat(value)
    if (!Number.isFinite(seconds)) throw new FunctionError('value is NaN or Inf')
    return timeFromSeconds(seconds)
  }),
  toDuration: define(['any'], (value) => {
    const seconds = toFloat(value)
    if (!Number.isFinite(seconds)) throw new FunctionError('value is NaN or Inf')
    const ns = seconds * 1e9
    if (ns >= 2 ** 63 || ns < -(2 ** 63)) {
      throw new FunctionError(
        `${seconds} cannot be represented as a nanoseconds duration since it overflows int64`,
      )
    }
    return duration(BigInt(Math.trunc(ns)))
  }),
  parseDuration: define(['string'], (text) => {
    const isNegative = text.startsWith('-')
    const parsed = parseDuration(isNegative ? text.slice(1) : text)
    if ('error' in parsed) throw new FunctionError(parsed.error)
    return (isNegative ? -parsed.ms : parsed.ms) / 1000
  }),
}

/** Functions of one expansion. */
export function prometheusFunctions(scope: PrometheusScope): FunctionTable {
  return {
    ...fixedFunctions,
    query: define(['string'], scope.query),
    now: define([], () => scope.timeMs / 1000),
    pathPrefix: define([], () => scope.pathPrefix),
    externalURL: define([], () => scope.externalUrl),
  }
}

/** The same names, for parsing: a template is compiled once and gets its functions at each expansion. */
export const prometheusFunctionNames: FunctionTable = prometheusFunctions({
  query: NEVER,
  timeMs: 0,
  externalUrl: '',
  pathPrefix: '',
})

/** As Go's strings.Title: the first letter of each word, other letters untouched. */
export function titleWords(text: string): string {
  let out = ''
  let isInside = false
  for (const char of text) {
    out += isInside ? char : upperCase(char)
    // Beyond ASCII only spaces end a word.
    isInside = char > '\x7f' ? !/\s/u.test(char) : /[A-Za-z0-9_]/.test(char)
  }
  return out
}
