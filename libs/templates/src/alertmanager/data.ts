/** What notification templates see: `.Alerts`, `.GroupLabels.SortedPairs`, `.CommonAnnotations.summary`. */
import { goTimeFromMs } from '../time/go-time.ts'
import {
  asList,
  compareUtf8,
  GoList,
  GoMap,
  GoStruct,
  type GoType,
  strings,
  type Value,
} from '../values.ts'

type Pairs = Readonly<Record<string, string>> | Iterable<readonly [string, string]>

export interface NotificationAlert {
  readonly status: string
  readonly labels: Pairs
  readonly annotations: Pairs
  readonly startsAtMs: number
  /** Undefined for an alert that has not ended. */
  readonly endsAtMs: number | undefined
  readonly generatorUrl: string
  readonly fingerprint: string
}

export interface NotificationData {
  readonly receiver: string
  readonly status: string
  readonly alerts: readonly NotificationAlert[]
  readonly notificationReason: string
  readonly groupLabels: Pairs
  readonly commonLabels: Pairs
  readonly commonAnnotations: Pairs
  readonly routeLabels: Pairs
  readonly externalUrl: string
}

const PAIR: GoType<GoStruct> = { name: 'template.Pair' }

const PAIRS: GoType<GoList> = {
  name: 'template.Pairs',
  element: 'template.Pair',
  print: ({ items }) => items.map((pair) => fieldTexts(pair).join('=')).join(', '),
  methods: {
    Names: { params: [], call: (self) => strings(pairTexts(self, 0)) },
    Values: { params: [], call: (self) => strings(pairTexts(self, 1)) },
    String: { params: [], call: (self) => PAIRS.print?.(self as GoList) },
  },
}

const KV: GoType<GoMap> = {
  name: 'template.KV',
  element: 'string',
  zero: '',
  print: (self) => PAIRS.print?.(sortedPairs(self)) as string,
  methods: {
    SortedPairs: { params: [], call: (self) => sortedPairs(self as GoMap) },
    Remove: {
      params: ['[]string'],
      call: (self, names) => {
        const removed = new Set(asList(names)?.items)
        const kept = [...(self as GoMap).entries].filter(([name]) => !removed.has(name))
        return new GoMap(KV, new Map(kept))
      },
    },
    Names: { params: [], call: (self) => strings(pairTexts(sortedPairs(self as GoMap), 0)) },
    Values: { params: [], call: (self) => strings(pairTexts(sortedPairs(self as GoMap), 1)) },
    String: { params: [], call: (self) => KV.print?.(self as GoMap) },
  },
}

const ALERT: GoType<GoStruct> = {
  name: 'template.Alert',
  json: {
    Status: 'status',
    Labels: 'labels',
    Annotations: 'annotations',
    StartsAt: 'startsAt',
    EndsAt: 'endsAt',
    GeneratorURL: 'generatorURL',
    Fingerprint: 'fingerprint',
  },
}

const ALERT_LIST: GoType<GoList> = { name: '[]template.Alert', element: 'template.Alert' }

const ALERTS: GoType<GoList> = {
  name: 'template.Alerts',
  element: 'template.Alert',
  methods: {
    Firing: { params: [], call: (self) => withStatus(self as GoList, 'firing') },
    Resolved: { params: [], call: (self) => withStatus(self as GoList, 'resolved') },
  },
}

const DATA: GoType<GoStruct> = {
  name: 'template.Data',
  json: {
    Receiver: 'receiver',
    Status: 'status',
    Alerts: 'alerts',
    NotificationReason: 'notification_reason',
    GroupLabels: 'groupLabels',
    CommonLabels: 'commonLabels',
    CommonAnnotations: 'commonAnnotations',
    RouteLabels: 'routeLabels',
    ExternalURL: 'externalURL',
  },
}

/** The data of one notification as templates see it. */
export function notificationValue(data: NotificationData): GoStruct {
  return new GoStruct(DATA, {
    Receiver: data.receiver,
    Status: data.status,
    Alerts: new GoList(ALERTS, data.alerts.map(alertValue)),
    NotificationReason: data.notificationReason,
    GroupLabels: keyValues(data.groupLabels),
    CommonLabels: keyValues(data.commonLabels),
    CommonAnnotations: keyValues(data.commonAnnotations),
    RouteLabels: keyValues(data.routeLabels),
    ExternalURL: data.externalUrl,
  })
}

function alertValue(alert: NotificationAlert): GoStruct {
  return new GoStruct(ALERT, {
    Status: alert.status,
    Labels: keyValues(alert.labels),
    Annotations: keyValues(alert.annotations),
    StartsAt: goTimeFromMs(alert.startsAtMs),
    EndsAt: goTimeFromMs(alert.endsAtMs),
    GeneratorURL: alert.generatorUrl,
    Fingerprint: alert.fingerprint,
  })
}

function keyValues(pairs: Pairs): GoMap {
  const entries = Symbol.iterator in pairs ? pairs : Object.entries(pairs)
  return new GoMap(KV, new Map(entries as Iterable<readonly [string, string]>))
}

/** `alertname` first, the rest by name. */
function sortedPairs(self: GoMap): GoList {
  const names = [...self.entries.keys()].sort((a, b) => {
    if (a === 'alertname') return b === 'alertname' ? 0 : -1
    return b === 'alertname' ? 1 : compareUtf8(a, b)
  })
  const pairs = names.map((name) => {
    return new GoStruct(PAIR, { Name: name, Value: self.entries.get(name) ?? '' })
  })
  return new GoList(PAIRS, pairs)
}

function fieldTexts(pair: Value): string[] {
  return Object.values((pair as GoStruct).fields) as string[]
}

function pairTexts(list: Value, index: number): string[] {
  return (list as GoList).items.map((pair) => fieldTexts(pair)[index] as string)
}

function withStatus(self: GoList, status: string): GoList {
  const items = self.items.filter((alert) => (alert as GoStruct).fields.Status === status)
  return new GoList(ALERT_LIST, items)
}
