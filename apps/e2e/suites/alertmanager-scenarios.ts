/**
 * Time lines of alerts, silences and inhibitions. All run at once in one Alertmanager: each has its own label, route
 * and webhook path.
 */
export type Labels = Readonly<Record<string, string>>

export type Event =
  /** Alerts that fire (no end), or end `endsInMs` from now (negative: already). */
  | { readonly post: readonly Labels[]; readonly endsInMs?: number; readonly annotations?: Labels }
  | { readonly silence: readonly string[]; readonly forMs: number; readonly as?: string }
  | { readonly expire: string }

export interface Scenario {
  readonly name: string
  /** Fields of the scenario's route, as YAML flow. */
  readonly route?: string
  /** Further routes below it. */
  readonly routes?: readonly string[]
  readonly receiver?: string
  readonly inhibit?: readonly string[]
  readonly timeline: readonly (readonly [number, Event])[]
}

const a = (more: Labels = {}): Labels => ({ alertname: 'A', ...more })
const resolved = -100

export const scenarios: readonly Scenario[] = [
  { name: 'one alert fires', timeline: [[0, { post: [a()] }]] },
  {
    name: 'one alert fires and ends',
    timeline: [
      [0, { post: [a()] }],
      [2500, { post: [a()], endsInMs: resolved }],
    ],
  },
  {
    name: 'an alert that ends before the first flush says nothing',
    timeline: [
      [0, { post: [a()] }],
      [200, { post: [a()], endsInMs: resolved }],
    ],
  },
  {
    name: 'two alerts of one group arrive together',
    timeline: [[0, { post: [a({ x: '1' }), a({ x: '2' })] }]],
  },
  {
    name: 'a second alert joins within the group wait',
    timeline: [
      [0, { post: [a({ x: '1' })] }],
      [400, { post: [a({ x: '2' })] }],
    ],
  },
  {
    name: 'a second alert joins after the first flush',
    timeline: [
      [0, { post: [a({ x: '1' })] }],
      [1600, { post: [a({ x: '2' })] }],
    ],
  },
  {
    name: 'one of two ends',
    timeline: [
      [0, { post: [a({ x: '1' }), a({ x: '2' })] }],
      [2000, { post: [a({ x: '1' })], endsInMs: resolved }],
    ],
  },
  {
    name: 'both end one after the other',
    timeline: [
      [0, { post: [a({ x: '1' }), a({ x: '2' })] }],
      [2000, { post: [a({ x: '1' })], endsInMs: resolved }],
      [4500, { post: [a({ x: '2' })], endsInMs: resolved }],
    ],
  },
  {
    name: 'fires again after its end',
    timeline: [
      [0, { post: [a()] }],
      [2000, { post: [a()], endsInMs: resolved }],
      [5000, { post: [a()] }],
    ],
  },
  {
    name: 'ends by itself at its end time',
    timeline: [[0, { post: [a()], endsInMs: 2500 }]],
  },
  {
    name: 'is kept alive by being posted again',
    timeline: [
      [0, { post: [a()], endsInMs: 2000 }],
      [1500, { post: [a()], endsInMs: 3000 }],
      [4000, { post: [a()], endsInMs: 20_000 }],
    ],
  },
  {
    name: 'groups by alertname',
    route: 'group_by: [alertname]',
    timeline: [[0, { post: [a(), { alertname: 'B' }, a({ x: '1' })] }]],
  },
  {
    name: 'groups by two labels, one missing',
    route: 'group_by: [alertname, dc]',
    timeline: [[0, { post: [a({ dc: 'eu' }), a({ dc: 'us' }), a()] }]],
  },
  {
    name: 'groups by all labels',
    route: "group_by: ['...']",
    timeline: [[0, { post: [a({ x: '1' }), a({ x: '2' })] }]],
  },
  {
    name: 'repeats after the repeat interval',
    route: 'repeat_interval: 3s',
    timeline: [[0, { post: [a()], endsInMs: 60_000 }]],
  },
  {
    name: 'does not repeat before it',
    route: 'repeat_interval: 1h',
    timeline: [[0, { post: [a()] }]],
  },
  {
    name: 'a longer group wait holds the first notification',
    route: 'group_wait: 3s',
    timeline: [[0, { post: [a()] }]],
  },
  {
    name: 'no group wait sends at once',
    route: 'group_wait: 0s',
    timeline: [[0, { post: [a()] }]],
  },
  {
    name: 'send_resolved off keeps quiet about the end',
    receiver: 'send_resolved: false',
    timeline: [
      [0, { post: [a()] }],
      [2000, { post: [a()], endsInMs: resolved }],
    ],
  },
  {
    name: 'send_resolved off, one of two ends',
    receiver: 'send_resolved: false',
    timeline: [
      [0, { post: [a({ x: '1' }), a({ x: '2' })] }],
      [2000, { post: [a({ x: '1' })], endsInMs: resolved }],
    ],
  },
  {
    name: 'max_alerts cuts and says so',
    receiver: 'max_alerts: 2',
    timeline: [[0, { post: [a({ x: '1' }), a({ x: '2' }), a({ x: '3' }), a({ x: '4' })] }]],
  },
  {
    name: 'a child route takes what it matches',
    routes: ['matchers: [\'sev="page"\']'],
    timeline: [[0, { post: [a({ sev: 'page' }), a({ sev: 'info' })] }]],
  },
  {
    name: 'continue reaches the next sibling',
    routes: ['matchers: [\'sev="page"\'], continue: true', 'matchers: [\'sev=~"p.*"\']'],
    timeline: [[0, { post: [a({ sev: 'page' })] }]],
  },
  {
    name: 'without continue the first sibling keeps it',
    routes: ['matchers: [\'sev="page"\']', 'matchers: [\'sev=~"p.*"\']'],
    timeline: [[0, { post: [a({ sev: 'page' })] }]],
  },
  {
    name: 'old match and match_re keys route too',
    routes: ['match: {sev: page}', "match_re: {sev: 'i.*'}"],
    timeline: [[0, { post: [a({ sev: 'page' }), a({ sev: 'info' }), a({ sev: 'x' })] }]],
  },
  {
    name: 'negative matchers route',
    routes: ['matchers: [\'sev!="page"\', \'dc!~"e.*"\']'],
    timeline: [[0, { post: [a({ sev: 'x', dc: 'us' }), a({ sev: 'x', dc: 'eu' })] }]],
  },
  {
    name: 'a child route inherits and overrides',
    route: 'group_by: [alertname], repeat_interval: 1h',
    routes: ['matchers: [\'sev="page"\'], group_by: [x], group_wait: 1s'],
    timeline: [[0, { post: [a({ sev: 'page', x: '1' }), a({ sev: 'page', x: '2' }), a()] }]],
  },
  {
    name: 'a silence made before hides it',
    timeline: [
      [0, { silence: ['alertname="A"'], forMs: 60_000 }],
      [300, { post: [a()] }],
    ],
  },
  {
    name: 'a silence hides only what it matches',
    timeline: [
      [0, { silence: ['x="1"'], forMs: 60_000 }],
      [300, { post: [a({ x: '1' }), a({ x: '2' })] }],
    ],
  },
  {
    name: 'a silence by regex and inequality',
    timeline: [
      [0, { silence: ['x=~"[12]"', 'y!="keep"'], forMs: 60_000 }],
      [300, { post: [a({ x: '1' }), a({ x: '2', y: 'keep' }), a({ x: '3' })] }],
    ],
  },
  {
    name: 'a silence that ends lets it through',
    timeline: [
      [0, { silence: ['alertname="A"'], forMs: 3000 }],
      [300, { post: [a()] }],
    ],
  },
  {
    name: 'an expired silence lets it through',
    timeline: [
      [0, { silence: ['alertname="A"'], forMs: 60_000, as: 's' }],
      [300, { post: [a()] }],
      [2500, { expire: 's' }],
    ],
  },
  {
    name: 'a silence made after the notification keeps the end quiet',
    timeline: [
      [0, { post: [a()] }],
      [1800, { silence: ['alertname="A"'], forMs: 60_000 }],
      [2600, { post: [a()], endsInMs: resolved }],
    ],
  },
  {
    name: 'a silence over one of two notified',
    timeline: [
      [0, { post: [a({ x: '1' }), a({ x: '2' })] }],
      [1800, { silence: ['x="1"'], forMs: 60_000 }],
      [2600, { post: [a({ x: '3' })] }],
    ],
  },
  {
    name: 'a source inhibits its target',
    inhibit: ['source_matchers: [\'sev="page"\'], target_matchers: [\'sev="info"\'], equal: [dc]'],
    timeline: [[0, { post: [a({ sev: 'page', dc: 'eu' }), a({ sev: 'info', dc: 'eu' })] }]],
  },
  {
    name: 'inhibition needs equal labels',
    inhibit: ['source_matchers: [\'sev="page"\'], target_matchers: [\'sev="info"\'], equal: [dc]'],
    timeline: [[0, { post: [a({ sev: 'page', dc: 'eu' }), a({ sev: 'info', dc: 'us' })] }]],
  },
  {
    name: 'labels missing on both sides are equal',
    inhibit: ['source_matchers: [\'sev="page"\'], target_matchers: [\'sev="info"\'], equal: [dc]'],
    timeline: [[0, { post: [a({ sev: 'page' }), a({ sev: 'info' })] }]],
  },
  {
    name: 'the target notifies once the source has ended',
    inhibit: ['source_matchers: [\'sev="page"\'], target_matchers: [\'sev="info"\'], equal: []'],
    route: 'group_by: [sev]',
    timeline: [
      [0, { post: [a({ sev: 'page' }), a({ sev: 'info' })] }],
      [2200, { post: [a({ sev: 'page' })], endsInMs: resolved }],
    ],
  },
  {
    name: 'an alert does not inhibit itself',
    inhibit: ['source_matchers: [\'sev=~".+"\'], target_matchers: [\'sev="info"\'], equal: [x]'],
    timeline: [[0, { post: [a({ sev: 'info', x: '1' })] }]],
  },
  {
    name: 'a source that comes late hides the rest of the story',
    inhibit: ['source_matchers: [\'sev="page"\'], target_matchers: [\'sev="info"\'], equal: []'],
    route: 'group_by: [sev]',
    timeline: [
      [0, { post: [a({ sev: 'info' })] }],
      [1600, { post: [a({ sev: 'page' })] }],
      [3500, { post: [a({ sev: 'info' })], endsInMs: resolved }],
    ],
  },
  {
    name: 'annotations follow the newest post',
    timeline: [
      [0, { post: [a()], annotations: { summary: 'first' } }],
      [1700, { post: [a(), a({ x: '2' })], annotations: { summary: 'second' } }],
    ],
  },
  {
    name: 'common labels and annotations are what all share',
    timeline: [
      [0, { post: [a({ x: '1', dc: 'eu' }), a({ x: '2', dc: 'eu' })], annotations: { s: 'same' } }],
    ],
  },
  {
    name: 'labels in UTF-8 and odd values',
    route: "group_by: ['größe']",
    timeline: [[0, { post: [a({ größe: 'ü "q" \\', emoji: '🔥', nl: 'a\nb' })] }]],
  },
  {
    name: 'an active time interval of all time lets it through',
    route: 'active_time_intervals: [always]',
    timeline: [[0, { post: [a()] }]],
  },
  {
    name: 'a mute time interval of all time holds it back',
    routes: ['matchers: [\'alertname="A"\'], mute_time_intervals: [always]'],
    timeline: [[0, { post: [a()] }]],
  },
]
