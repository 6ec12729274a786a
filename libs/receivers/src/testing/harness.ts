/** For tests of receivers: a notification, and a client that records what would be sent. */
import type { HttpAnswer, HttpClient, HttpRequest } from '@prom/http'
import { Labels } from '@prom/labels'
import { FakeClock, MemoryFiles, recordLog, seededRandom } from '@prom/testkit'
import { loadYaml } from '@prom/yaml'
import { type GlobalConfig, globalConfig } from '../global-config.ts'
import { type Notification, type NotifiedAlert, ZERO_TIME_MS } from '../notification.ts'
import type { AnyReceiverKind, ReceiverDeps } from '../receiver.ts'
import { NotificationTemplates } from '../templates.ts'

export const sampleAlert = (fields: Partial<NotifiedAlert> = {}): NotifiedAlert => ({
  labels: Labels.from({ alertname: 'Disk', instance: 'a:9100' }),
  annotations: new Map([['summary', 'full <b>']]),
  startsAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 60),
  endsAtMs: ZERO_TIME_MS,
  generatorUrl: 'http://prom/graph?a=1&b=2',
  fingerprint: '0123456789abcdef',
  isResolved: false,
  ...fields,
})

export const sampleNotification = (fields: Partial<Notification> = {}): Notification => ({
  receiver: 'team.x',
  groupKey: '{}:{alertname="Disk"}',
  groupLabels: Labels.from({ alertname: 'Disk' }),
  routeLabels: new Map(),
  reason: 'first notification',
  alerts: [sampleAlert()],
  atMs: Date.UTC(2026, 0, 2, 3, 5),
  receiverData: new Map(),
  ...fields,
})

export const resolvedAlert = (): NotifiedAlert =>
  sampleAlert({
    labels: Labels.from({ alertname: 'Disk', instance: 'b:9100' }),
    endsAtMs: Date.UTC(2026, 0, 2, 3, 4, 59),
    isResolved: true,
  })

export interface Harness {
  readonly sent: HttpRequest[]
  readonly log: ReturnType<typeof recordLog>
  readonly files: MemoryFiles
  notify(notification?: Notification, signal?: AbortSignal): Promise<void>
}

const GLOBAL = `
smtp_smarthost: mail.example.org:587
smtp_from: am@example.org
slack_api_url: https://hooks.slack.test/services/T/B/X
opsgenie_api_key: genie
victorops_api_key: vkey
wechat_api_secret: wsecret
wechat_api_corp_id: corp
telegram_bot_token: tok
jira_api_url: https://jira.test/rest/api/2
rocketchat_token: rtoken
rocketchat_token_id: rid
mattermost_webhook_url: https://mm.test/hooks/x
`

/** A global section with something for each kind to fall back to. */
export function testGlobal(): GlobalConfig {
  const loaded = loadYaml(GLOBAL, globalConfig, 'test.yml')
  if ('errors' in loaded) throw new Error(loaded.message)
  return loaded.value
}

/** Reads `config` as the file would, and answers each request with the next of `answers` (default: 200 ok). */
export function harness(
  kind: AnyReceiverKind,
  config: string,
  answers: Partial<HttpAnswer>[] = [],
  more: Partial<ReceiverDeps> = {},
): Harness {
  const loaded = loadYaml(config, kind.schema, 'test.yml')
  if ('errors' in loaded) throw new Error(loaded.message)
  const completed = kind.complete(loaded.value, testGlobal())
  const { error } = completed as { error?: string }
  if (error) throw new Error(error)
  const sent: HttpRequest[] = []
  const client: HttpClient = {
    request: async (request) => {
      sent.push(request)
      const answer = answers[sent.length - 1] ?? {}
      return { status: 200, headers: {}, body: new TextEncoder().encode('ok'), ...answer }
    },
    close: async () => {},
  }
  const log = recordLog()
  const files = new MemoryFiles()
  const clock = new FakeClock(Date.UTC(2026, 0, 2, 3, 5))
  const send = kind.create(completed, {
    createClient: () => client,
    templates: new NotificationTemplates([], {
      externalUrl: 'http://am.test',
      now: () => clock.now(),
    }),
    files,
    net: undefined as never,
    clock,
    random: seededRandom(),
    log,
    env: {},
    hostname: 'host',
    userAgent: 'Alertmanager/1',
    ...more,
  })
  return {
    sent,
    log,
    files,
    notify: (notification = sampleNotification(), signal = new AbortController().signal) =>
      send(notification, signal),
  }
}

export const json = (value: unknown): Partial<HttpAnswer> => ({
  headers: { 'content-type': 'application/json' },
  body: new TextEncoder().encode(JSON.stringify(value)),
})
