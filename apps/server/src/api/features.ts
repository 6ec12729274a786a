/** `/features`: what this server can do, by category, for clients that adapt. */
import { allFunctions } from '@prom/promql-syntax'
import type { Endpoint } from './envelope.ts'

export interface FeaturesOptions {
  readonly isLifecycleOn: boolean
  readonly isAdminOn: boolean
  readonly isWriteReceiverOn: boolean
  readonly isOtlpOn: boolean
  readonly isAgent: boolean
  readonly isAutoReloadOn: boolean
  /** Names given to `--enable-feature`. */
  readonly enabled: ReadonlySet<string>
}

const OPERATORS = [
  ...['+', '-', '*', '/', '%', '^', '==', '!=', '<', '>', '<=', '>=', '=~', '!~'],
  ...['and', 'or', 'unless', 'atan2'],
  ...['sum', 'avg', 'count', 'min', 'max', 'group', 'stddev', 'stdvar', 'topk', 'bottomk'],
  ...['count_values', 'quantile', 'limitk', 'limit_ratio'],
]

export function createFeatures(options: FeaturesOptions): Endpoint {
  const { enabled } = options
  const isExperimental = enabled.has('promql-experimental-functions')
  const functions = allFunctions().map(({ name, isExperimental: isLater }): [string, boolean] => [
    name,
    !isLater || isExperimental,
  ])
  const categories = {
    api: {
      admin: options.isAdminOn,
      exclude_alerts: true,
      label_values_match: true,
      lifecycle: options.isLifecycleOn,
      'openapi_3.1': true,
      'openapi_3.2': true,
      otlp_write_receiver: options.isOtlpOn,
      query_stats: true,
      query_warnings: true,
      remote_write_receiver: options.isWriteReceiverOn,
      search: false,
      time_range_labels: true,
      time_range_series: true,
    },
    prometheus: {
      agent_mode: options.isAgent,
      auto_reload_config: options.isAutoReloadOn,
      server_mode: !options.isAgent,
    },
    promql: {
      at_modifier: true,
      delayed_name_removal: enabled.has('promql-delayed-name-removal'),
      negative_offset: true,
      per_query_lookback_delta: true,
      per_step_stats: enabled.has('promql-per-step-stats'),
      subqueries: true,
    },
    promql_functions: sortedObject(functions),
    promql_operators: sortedObject(
      OPERATORS.map((name): [string, boolean] => [
        name,
        isExperimental || !name.startsWith('limit'),
      ]),
    ),
    rules: { concurrent_rule_eval: false, keep_firing_for: true, query_offset: true },
    tsdb: { exemplar_storage: false, isolation: true, native_histograms: true },
    ui: { ui_v2: false, ui_v3: true },
  }
  return () => ({ data: categories })
}

function sortedObject(entries: readonly (readonly [string, boolean])[]): Record<string, boolean> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}
