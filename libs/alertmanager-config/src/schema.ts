/** The whole configuration file. Its sections belong to the libs they configure; here they come together. */
import {
  createInhibitSchema,
  createRouteSchema,
  type InhibitRuleConfig,
  type MatcherParser,
  muteTimeIntervalConfig,
  type RouteConfig,
  type TimeIntervalConfig,
  timeIntervalConfig,
} from '@prom/alerting'
import { quoteGo } from '@prom/model'
import { type GlobalConfig, globalConfig, RECEIVER_KINDS } from '@prom/receivers'
import { type Broken, field, list, optional, type Schema, string, struct } from '@prom/yaml'
import { type ReceiverConfig, receiverConfig } from './receiver-schema.ts'
import { eventRecorderConfig, tracingConfig } from './tracing-config.ts'

export interface AlertmanagerFile {
  readonly global: GlobalConfig
  readonly route: RouteConfig | undefined
  readonly inhibitRules: readonly InhibitRuleConfig[]
  readonly receivers: readonly ReceiverConfig[]
  /** Glob patterns, as written. */
  readonly templates: readonly string[]
  readonly muteTimeIntervals: readonly TimeIntervalConfig[]
  readonly timeIntervals: readonly TimeIntervalConfig[]
  readonly tracing: unknown
  readonly eventRecorder: unknown
}

const fill = (config: ReceiverConfig, global: GlobalConfig): ReceiverConfig | string => {
  const configs = new Map<string, readonly unknown[]>()
  for (const [name, items] of config.configs) {
    const kind = RECEIVER_KINDS.find((known) => known.name === name)
    const filled = items.map((item) => kind?.complete(item, global))
    for (const item of filled) {
      const { error } = item as { readonly error?: unknown }
      if (typeof error === 'string') return error
    }
    configs.set(name, filled)
  }
  return { ...config, configs }
}

export function createFileSchema(parser: MatcherParser): Schema<AlertmanagerFile> {
  return struct(
    'config.plain',
    {
      global: field('global', globalConfig, { default: globalConfig.create }),
      route: field('route', optional(createRouteSchema(parser))),
      inhibitRules: field('inhibit_rules', list(createInhibitSchema(parser))),
      receivers: field('receivers', list(receiverConfig)),
      templates: field('templates', list(string), { isAlwaysPrinted: true }),
      muteTimeIntervals: field('mute_time_intervals', list(muteTimeIntervalConfig)),
      timeIntervals: field('time_intervals', list(timeIntervalConfig)),
      tracing: field('tracing', optional(tracingConfig)),
      eventRecorder: field('event_recorder', optional(eventRecorderConfig)),
    },
    {
      typeName: 'config.Config',
      check: (file) => fileFault(file as AlertmanagerFile),
      finish: (file) => ({
        ...file,
        receivers: file.receivers.map((config) => fill(config, file.global) as ReceiverConfig),
      }),
    },
  ) as Schema<AlertmanagerFile>
}

function fileFault(file: AlertmanagerFile): Broken | undefined {
  const names = new Set<string>()
  for (const receiver of file.receivers) {
    if (names.has(receiver.name)) {
      return at('receivers', `notification config name ${quoteGo(receiver.name)} is not unique`)
    }
    names.add(receiver.name)
    const filled = fill(receiver, file.global)
    if (typeof filled === 'string') return at('receivers', filled)
  }
  const { route } = file
  if (!route) return 'no routes provided'
  const fault = rootFault(route) ?? receiverFault(route, names)
  if (fault) return at('route', fault)
  const intervals = new Set<string>()
  for (const { name } of file.muteTimeIntervals) {
    if (intervals.has(name)) {
      return at('mute_time_intervals', `mute time interval ${quoteGo(name)} is not unique`)
    }
    intervals.add(name)
  }
  for (const { name } of file.timeIntervals) {
    if (intervals.has(name)) {
      return at('time_intervals', `time interval ${quoteGo(name)} is not unique`)
    }
    intervals.add(name)
  }
  const unknown = intervalFault(route, intervals)
  return unknown === undefined ? undefined : at('route', unknown)
}

const at = (key: string, text: string): Broken => ({ key, text })

function rootFault(route: RouteConfig): string | undefined {
  if (route.receiver === '') return 'root route must specify a default receiver'
  if (route.match.size > 0 || route.matchRe.size > 0 || route.matchers.length > 0) {
    return 'root route must not have any matchers'
  }
  if (route.muteTimeIntervals.length > 0) return 'root route must not have any mute time intervals'
  if (route.activeTimeIntervals.length > 0) {
    return 'root route must not have any active time intervals'
  }
  return route.continues ? 'cannot have continue in root route' : undefined
}

function receiverFault(route: RouteConfig, names: ReadonlySet<string>): string | undefined {
  for (const child of route.routes) {
    const fault = receiverFault(child, names)
    if (fault) return fault
  }
  if (route.receiver === '' || names.has(route.receiver)) return undefined
  return `undefined receiver ${quoteGo(route.receiver)} used in route`
}

function intervalFault(route: RouteConfig, names: ReadonlySet<string>): string | undefined {
  for (const child of route.routes) {
    const fault = intervalFault(child, names)
    if (fault) return fault
  }
  for (const name of [...route.muteTimeIntervals, ...route.activeTimeIntervals]) {
    if (!names.has(name)) return `undefined time interval ${quoteGo(name)} used in route`
  }
  return undefined
}
