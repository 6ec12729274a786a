/** The `route` section: read with the original's rules, turned into the tree's sources. */
import { Matcher } from '@prom/labels'
import { quoteGo } from '@prom/model'
import {
  bool,
  type ConfigNode,
  type DecodeScope,
  duration,
  type Encoded,
  field,
  list,
  map,
  optional,
  type Schema,
  string,
  struct,
} from '@prom/yaml'
import type { MatcherParser } from './matchers/matcher-parser.ts'
import { printMatcher, sortMatchers } from './matchers/print-matcher.ts'
import type { RouteSource } from './route.ts'

/** A route as written in the file. */
export interface RouteConfig {
  readonly receiver: string
  readonly groupBy: readonly string[] | undefined
  readonly match: ReadonlyMap<string, string>
  readonly matchRe: ReadonlyMap<string, string>
  readonly matchers: readonly Matcher[]
  readonly muteTimeIntervals: readonly string[]
  readonly activeTimeIntervals: readonly string[]
  readonly continues: boolean
  readonly routes: readonly RouteConfig[]
  readonly groupWaitMs: number | undefined
  readonly groupIntervalMs: number | undefined
  readonly repeatIntervalMs: number | undefined
  readonly labels: ReadonlyMap<string, string>
}

/** A list of strings, each with one or more matchers. */
export function matcherList(parser: MatcherParser): Schema<readonly Matcher[]> {
  const lines = list(string)
  return {
    typeName: 'config.Matchers',
    decode(node, scope) {
      const found = lines.decode(node, scope).flatMap((line, i) => {
        try {
          return parser.parseList(line, 'config')
        } catch (err) {
          return scope.fail(lineOfItem(node, i), (err as Error).message)
        }
      })
      return sortMatchers(found)
    },
    encode: (matchers) => matchers.map(printMatcher),
    zero: () => [],
  }
}

/** Label names to anchored patterns; kept as written. */
export const matchRegexps: Schema<ReadonlyMap<string, string>> = {
  ...map(string, 'config.MatchRegexps'),
  decode(node, scope) {
    const patterns = map(string, 'map[string]config.Regexp').decode(node, scope)
    for (const [name, pattern] of patterns) {
      if (!isClassicName(name)) scope.fail(node.line, `invalid label name ${quoteGo(name)}`)
      try {
        new Matcher('=~', name, `^(?:${pattern})$`)
      } catch (err) {
        scope.fail(node.line, (err as Error).message)
      }
    }
    return patterns
  },
}

/** Label names to values they must equal. */
export const matchEquals: Schema<ReadonlyMap<string, string>> = {
  ...map(string),
  decode(node, scope) {
    const values = map(string).decode(node, scope)
    for (const name of values.keys()) {
      if (!isClassicName(name)) scope.fail(node.line, `invalid label name ${quoteGo(name)}`)
    }
    return values
  },
}

const printed = { isAlwaysPrinted: true }

export function createRouteSchema(parser: MatcherParser): Schema<RouteConfig> {
  const route: Schema<RouteConfig> = struct(
    'config.plain',
    {
      receiver: field('receiver', string),
      groupBy: field('group_by', presentList),
      match: field('match', matchEquals),
      matchRe: field('match_re', matchRegexps),
      matchers: field('matchers', matcherList(parser)),
      muteTimeIntervals: field('mute_time_intervals', list(string)),
      activeTimeIntervals: field('active_time_intervals', list(string)),
      continues: field('continue', bool, printed),
      routes: field('routes', list(later('config.Route', () => route))),
      groupWaitMs: field('group_wait', optional(duration), printed),
      groupIntervalMs: field('group_interval', optional(duration), printed),
      repeatIntervalMs: field('repeat_interval', optional(duration), printed),
      labels: field('labels', map(string)),
    },
    { typeName: 'config.Route', check: (value) => routeFault(value, parser) },
  )
  return route
}

function routeFault(
  { groupBy, groupIntervalMs, repeatIntervalMs }: RouteConfig,
  parser: MatcherParser,
): string | undefined {
  const names = groupBy ?? []
  const seen = new Set<string>()
  for (const name of names) {
    if (name !== '...' && !parser.isLabelName(name))
      return `invalid label name ${quoteGo(name)} in group_by list`
  }
  if (names.includes('...') && names.some((name) => name !== '...'))
    return 'cannot have wildcard group_by (`...`) and other labels at the same time'
  for (const name of names) {
    if (name !== '...' && seen.has(name)) return `duplicated label ${quoteGo(name)} in group_by`
    seen.add(name)
  }
  if (groupIntervalMs === 0) return 'group_interval cannot be zero'
  if (repeatIntervalMs === 0) return 'repeat_interval cannot be zero'
  return undefined
}

/** Undefined if absent, which is not the same as empty. */
const presentList: Schema<readonly string[] | undefined> = {
  typeName: '[]string',
  decode: (node: ConfigNode, scope: DecodeScope) =>
    node.kind === 'null' ? undefined : list(string).decode(node, scope),
  encode: (value): Encoded | undefined => value,
  zero: () => undefined,
}

/** A schema that is not there yet: routes hold routes. */
function later<T>(typeName: string, schema: () => Schema<T>): Schema<T> {
  return {
    typeName,
    decode: (node, scope) => schema().decode(node, scope),
    encode: (value) => schema().encode(value),
    zero: () => schema().zero(),
  }
}

export function routeSource(config: RouteConfig): RouteSource {
  return { ...config, routes: config.routes.map(routeSource) }
}

function lineOfItem(node: ConfigNode, index: number): number {
  return node.kind === 'list' ? (node.items[index]?.line ?? node.line) : node.line
}

function isClassicName(name: string): boolean {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)
}
