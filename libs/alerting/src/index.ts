export {
  type Alert,
  alertHash,
  compareAlerts,
  compareLabelSets,
  fingerprint,
  isResolvedAt,
  mergeAlerts,
} from './alert.ts'
export { AlertGroup } from './alert-group.ts'
export { type AlertMark, AlertMarks, type AlertState } from './alert-marks.ts'
export { AlertStore } from './alert-store.ts'
export { CANCELED, DEADLINE, Dispatcher, DispatcherMetrics } from './dispatcher.ts'
export {
  type Destination,
  type ExplainDeps,
  type ExplainedInhibition,
  type ExplainedIntegration,
  type Explanation,
  explain,
  explainRoutes,
  type RouteStep,
} from './explain.ts'
export {
  HISTORY_KINDS,
  History,
  type HistoryEvent,
  type HistoryKind,
} from './history.ts'
export { createInhibitSchema, type InhibitRuleConfig, inhibitRule } from './inhibit-config.ts'
export { type InhibitedBy, Inhibitor, type InhibitRule } from './inhibitor.ts'
export { MatcherSyntaxError, parseClassicMatcher } from './matchers/classic-parser.ts'
export { type MatcherMode, MatcherParser } from './matchers/matcher-parser.ts'
export { printMatcher, printMatchers, sortMatchers } from './matchers/print-matcher.ts'
export { type LogEntry, type LogReceiver, NotificationLog } from './notification-log.ts'
export { NotifyMetrics } from './notify-metrics.ts'
export {
  type Flush,
  type NotificationListener,
  notify,
  type Peer,
  type PipelineDeps,
} from './pipeline.ts'
export { DEFAULT_ROUTE_OPTIONS, Route, type RouteOptions, type RouteSource } from './route.ts'
export { createRouteSchema, type RouteConfig, routeSource } from './route-config.ts'
export {
  type Silence,
  type SilenceMatcher,
  type SilenceState,
  silenceState,
} from './silence.ts'
export {
  type SilenceInput,
  SilenceNotFoundError,
  SilenceRefusedError,
  Silences,
} from './silences.ts'
export { decide, reasonToSend } from './stages/dedup.ts'
export { StateFile } from './state-file.ts'
export { TimeInterval, type TimeSpec, zoneFormat } from './time-interval.ts'
export {
  muteTimeIntervalConfig,
  type TimeIntervalConfig,
  timeIntervalConfig,
} from './time-interval-config.ts'
