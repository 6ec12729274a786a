// tidy: table
/** What `/openapi.yaml` says of each path. */

export interface ApiPath {
  readonly path: string
  readonly methods: readonly ('get' | 'post' | 'put' | 'delete')[]
  readonly tag: string
  readonly summary: string
  /** `name`, with `*` behind it where it has to be given and `[]` where it may be repeated. */
  readonly parameters?: readonly string[]
  /** Media type of an answer; JSON in the usual envelope if absent, none if empty. */
  readonly answer?: string
  /** Media type of the request's body, where it is no form. */
  readonly body?: string
  /** The first version of OpenAPI that can describe it; 3.1 if absent. */
  readonly since?: '3.2'
}

const BOTH = ['get', 'post'] as const
const GET = ['get'] as const
const POST = ['post'] as const
const CHANGE = ['post', 'put'] as const
const WINDOW = ['start', 'end', 'limit']
const SEARCH = ['search[]', 'match[]', 'start', 'end', 'sort_by', 'sort_dir', 'limit', 'batch_size']
const PROTOBUF = 'application/x-protobuf'

export const API_PATHS: readonly ApiPath[] = [
  {
    path: '/query',
    methods: BOTH,
    tag: 'query',
    summary: 'Evaluate an expression at one instant',
    parameters: ['query*', 'time', 'timeout', 'limit', 'lookback_delta', 'stats'],
  },
  {
    path: '/query_range',
    methods: BOTH,
    tag: 'query',
    summary: 'Evaluate an expression over a range of time',
    parameters: [
      ...['query*', 'start*', 'end*', 'step*'],
      ...['timeout', 'limit', 'lookback_delta', 'stats'],
    ],
  },
  {
    path: '/query_exemplars',
    methods: BOTH,
    tag: 'query',
    summary: 'Exemplars of the series of an expression',
    parameters: ['query*', 'start', 'end'],
  },
  {
    path: '/format_query',
    methods: BOTH,
    tag: 'query',
    summary: 'Format an expression',
    parameters: ['query*'],
  },
  {
    path: '/parse_query',
    methods: BOTH,
    tag: 'query',
    summary: 'The syntax tree of an expression',
    parameters: ['query*'],
  },
  {
    path: '/labels',
    methods: BOTH,
    tag: 'labels',
    summary: 'Names of labels',
    parameters: ['match[]', ...WINDOW],
  },
  {
    path: '/label/{name}/values',
    methods: GET,
    tag: 'labels',
    summary: 'Values of a label',
    parameters: ['match[]', ...WINDOW],
  },
  {
    path: '/series',
    methods: BOTH,
    tag: 'series',
    summary: 'Series that selectors find',
    parameters: ['match[]*', ...WINDOW],
  },
  {
    path: '/metadata',
    methods: GET,
    tag: 'metadata',
    summary: 'Type, help and unit of metrics',
    parameters: ['metric', 'limit', 'limit_per_metric'],
  },
  {
    path: '/search/metric_names',
    methods: BOTH,
    tag: 'search',
    summary: 'Search names of metrics',
    parameters: [...SEARCH, 'include_metadata'],
    answer: 'application/x-ndjson',
  },
  {
    path: '/search/label_names',
    methods: BOTH,
    tag: 'search',
    summary: 'Search names of labels',
    parameters: SEARCH,
    answer: 'application/x-ndjson',
  },
  {
    path: '/search/label_values',
    methods: BOTH,
    tag: 'search',
    summary: 'Search values of a label',
    parameters: ['label*', ...SEARCH],
    answer: 'application/x-ndjson',
  },
  { path: '/scrape_pools', methods: GET, tag: 'targets', summary: 'Names of scrape pools' },
  {
    path: '/scrape_pools/config',
    methods: GET,
    tag: 'targets',
    summary: 'How a scrape pool is set up',
    parameters: ['scrapePool*'],
  },
  {
    path: '/targets',
    methods: GET,
    tag: 'targets',
    summary: 'Targets and how they are',
    parameters: ['state', 'scrapePool'],
  },
  {
    path: '/targets/metadata',
    methods: GET,
    tag: 'targets',
    summary: 'Metadata of the metrics of targets',
    parameters: ['match_target', 'metric', 'limit'],
  },
  {
    path: '/targets/relabel_steps',
    methods: GET,
    tag: 'targets',
    summary: 'What each relabelling rule does to labels',
    parameters: ['scrapePool*', 'labels*'],
  },
  {
    path: '/rules',
    methods: GET,
    tag: 'rules',
    summary: 'Rules and their state',
    parameters: [
      ...['type', 'rule_name[]', 'rule_group[]', 'file[]', 'match[]'],
      ...['exclude_alerts', 'group_limit', 'group_next_token'],
    ],
  },
  { path: '/alerts', methods: GET, tag: 'alerts', summary: 'Active alerts' },
  { path: '/alertmanagers', methods: GET, tag: 'alerts', summary: 'Alertmanagers in use' },
  { path: '/status/config', methods: GET, tag: 'status', summary: 'The configuration in effect' },
  { path: '/status/runtimeinfo', methods: GET, tag: 'status', summary: 'Facts of the process' },
  { path: '/status/buildinfo', methods: GET, tag: 'status', summary: 'Version and build' },
  { path: '/status/flags', methods: GET, tag: 'status', summary: 'Flags and their values' },
  {
    path: '/status/tsdb',
    methods: GET,
    tag: 'status',
    summary: 'Cardinality of the head',
    parameters: ['limit'],
  },
  { path: '/status/tsdb/blocks', methods: GET, tag: 'status', summary: 'Blocks on disk' },
  { path: '/status/walreplay', methods: GET, tag: 'status', summary: 'Progress of the replay' },
  {
    path: '/status/self_metrics',
    methods: GET,
    tag: 'status',
    summary: "The server's own metrics",
    parameters: ['metric_name_pattern'],
  },
  { path: '/features', methods: GET, tag: 'status', summary: 'What this server can do' },
  { path: '/notifications', methods: GET, tag: 'notifications', summary: 'Notices to operators' },
  {
    path: '/notifications/live',
    methods: GET,
    tag: 'notifications',
    summary: 'Notices to operators as they come',
    answer: 'text/event-stream',
    since: '3.2',
  },
  {
    path: '/read',
    methods: POST,
    tag: 'remote',
    summary: 'Remote read',
    body: PROTOBUF,
    answer: PROTOBUF,
  },
  {
    path: '/write',
    methods: POST,
    tag: 'remote',
    summary: 'Remote write',
    body: PROTOBUF,
    answer: '',
  },
  {
    path: '/otlp/v1/metrics',
    methods: POST,
    tag: 'otlp',
    summary: 'Metrics of OpenTelemetry',
    body: PROTOBUF,
    answer: PROTOBUF,
  },
  {
    path: '/admin/tsdb/delete_series',
    methods: CHANGE,
    tag: 'admin',
    summary: 'Delete samples of series',
    parameters: ['match[]*', 'start', 'end'],
    answer: '',
  },
  {
    path: '/admin/tsdb/clean_tombstones',
    methods: CHANGE,
    tag: 'admin',
    summary: 'Free what was deleted',
    answer: '',
  },
  {
    path: '/admin/tsdb/snapshot',
    methods: CHANGE,
    tag: 'admin',
    summary: 'A copy of all blocks',
    parameters: ['skip_head'],
  },
]
