import type { Matcher } from '@prom/labels'
import { quoteGo } from '@prom/model'

const RESERVED = /[\s{}!=~,\\"'`]/

/** `name="value"` as the original prints it; names with reserved characters are quoted. */
export function printMatcher({ name, type, value }: Matcher): string {
  if (RESERVED.test(name)) return `${quoteGo(name)}${type}${quoteGo(value)}`
  const escaped = value.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"')
  return `${name}${type}"${escaped}"`
}

/** `{a="1",b=~"2"}`. */
export function printMatchers(matchers: readonly Matcher[]): string {
  return `{${matchers.map(printMatcher).join(',')}}`
}

const TYPE_ORDER = ['=', '!=', '=~', '!~']

/** By name, then value, then type: the order a route prints its matchers in. */
export function sortMatchers(matchers: readonly Matcher[]): Matcher[] {
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
  return [...matchers].sort(
    (a, b) =>
      compare(a.name, b.name) ||
      compare(a.value, b.value) ||
      TYPE_ORDER.indexOf(a.type) - TYPE_ORDER.indexOf(b.type),
  )
}
