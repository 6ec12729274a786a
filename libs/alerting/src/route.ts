/** The routing tree: which receivers an alert goes to, and how it is grouped on the way. */
import { type Labels, Matcher } from '@prom/labels'
import { quoteGo } from '@prom/model'
import { printMatchers, sortMatchers } from './matchers/print-matcher.ts'

/** A route as configured; what is left out is inherited from the parent. */
export interface RouteSource {
  readonly receiver?: string | undefined
  /** Label names, or `...` alone for all labels; an empty list resets to one group. */
  readonly groupBy?: readonly string[] | undefined
  readonly groupWaitMs?: number | undefined
  readonly groupIntervalMs?: number | undefined
  readonly repeatIntervalMs?: number | undefined
  readonly continues?: boolean
  readonly matchers?: readonly Matcher[]
  /** The deprecated maps: equality and anchored patterns. */
  readonly match?: ReadonlyMap<string, string>
  readonly matchRe?: ReadonlyMap<string, string>
  readonly muteTimeIntervals?: readonly string[]
  readonly activeTimeIntervals?: readonly string[]
  readonly labels?: ReadonlyMap<string, string>
  readonly routes?: readonly RouteSource[]
}

export interface RouteOptions {
  readonly receiver: string
  readonly groupBy: ReadonlySet<string>
  readonly isGroupedByAll: boolean
  readonly groupWaitMs: number
  readonly groupIntervalMs: number
  readonly repeatIntervalMs: number
  readonly muteTimeIntervals: readonly string[]
  readonly activeTimeIntervals: readonly string[]
  readonly labels: ReadonlyMap<string, string>
}

export const DEFAULT_ROUTE_OPTIONS: RouteOptions = {
  receiver: '',
  groupBy: new Set(),
  isGroupedByAll: false,
  groupWaitMs: 30_000,
  groupIntervalMs: 300_000,
  repeatIntervalMs: 14_400_000,
  muteTimeIntervals: [],
  activeTimeIntervals: [],
  labels: new Map(),
}

export class Route {
  readonly options: RouteOptions
  readonly matchers: readonly Matcher[]
  readonly continues: boolean
  readonly routes: readonly Route[]
  /** `{}/{a="1"}`: the start of the key of every group of this route. */
  readonly key: string
  /** Unique among all routes, also between siblings with equal matchers. */
  readonly id: string

  constructor(source: RouteSource, parent?: Route, position = 0) {
    this.options = inherit(source, parent?.options ?? DEFAULT_ROUTE_OPTIONS)
    this.matchers = sortMatchers([
      ...[...(source.match ?? [])].map(([name, value]) => new Matcher('=', name, value)),
      ...[...(source.matchRe ?? [])].map(
        ([name, value]) => new Matcher('=~', name, `^(?:${value})$`),
      ),
      ...(source.matchers ?? []),
    ])
    this.continues = source.continues ?? false
    const printed = printMatchers(this.matchers)
    this.key = parent ? `${parent.key}/${printed}` : printed
    this.id = parent ? `${parent.id}/${printed}/${position}` : printed
    this.routes = (source.routes ?? []).map((child, i) => new Route(child, this, i))
  }

  /** The routes an alert with these labels ends in, in order; empty if this one does not match. */
  match(labels: Labels): Route[] {
    for (const matcher of this.matchers) {
      if (!matcher.matches(labels.get(matcher.name))) return []
    }
    const found: Route[] = []
    for (const route of this.routes) {
      const inner = route.match(labels)
      found.push(...inner)
      if (inner.length > 0 && !route.continues) break
    }
    return found.length > 0 ? found : [this]
  }

  groupLabels(labels: Labels): Labels {
    const { isGroupedByAll, groupBy } = this.options
    return isGroupedByAll ? labels : labels.only(groupBy)
  }

  /** As in the notification log and in messages: `{}/{a="1"}:{alertname="X"}`. */
  groupKey(groupLabels: Labels): string {
    const pairs = [...groupLabels].map(([name, value]) => `${name}=${quoteGo(value)}`)
    return `${this.key}:{${pairs.join(', ')}}`
  }

  /** This route and all below, depth first. */
  *walk(): IterableIterator<Route> {
    yield this
    for (const route of this.routes) yield* route.walk()
  }
}

function inherit(source: RouteSource, above: RouteOptions): RouteOptions {
  const groups = source.groupBy
  return {
    receiver: source.receiver ? source.receiver : above.receiver,
    groupBy: groups ? new Set(groups.filter((name) => name !== '...')) : above.groupBy,
    isGroupedByAll: groups ? groups.includes('...') : above.isGroupedByAll,
    groupWaitMs: source.groupWaitMs ?? above.groupWaitMs,
    groupIntervalMs: source.groupIntervalMs ?? above.groupIntervalMs,
    repeatIntervalMs: source.repeatIntervalMs ?? above.repeatIntervalMs,
    muteTimeIntervals: source.muteTimeIntervals ?? [],
    activeTimeIntervals: source.activeTimeIntervals ?? [],
    labels: source.labels ? new Map([...above.labels, ...source.labels]) : above.labels,
  }
}
