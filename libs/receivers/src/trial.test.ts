import type { HttpAnswer, HttpRequest } from '@prom/http'
import { FakeClock, MemoryFiles, recordLog, seededRandom } from '@prom/testkit'
import { loadYaml } from '@prom/yaml'
import type { ReceiverDeps } from './receiver.ts'
import { RECEIVER_KINDS } from './receivers.ts'
import { NotificationTemplates } from './templates.ts'
import { resolvedAlert, sampleNotification, testGlobal } from './testing/harness.ts'
import { type TriedIntegration, tryReceiver } from './trial.ts'

interface Setup {
  readonly answer?: Partial<HttpAnswer> | Error
  readonly isSending?: boolean
  readonly showsSecrets?: boolean
  readonly files?: Record<string, string>
  readonly alerts?: ReturnType<typeof sampleNotification>['alerts']
}

/** Reads `{ kind: [yaml, ...] }` as receivers do, and tries them. */
async function trial(
  written: Readonly<Record<string, readonly string[]>>,
  { answer = {}, isSending = false, showsSecrets = false, files = {}, alerts }: Setup = {},
): Promise<{ tried: TriedIntegration[]; sent: HttpRequest[] }> {
  const configs = new Map<string, unknown[]>()
  for (const [name, texts] of Object.entries(written)) {
    const kind = RECEIVER_KINDS.find((known) => known.name === name)
    if (!kind) throw new Error(`no kind ${name}`)
    const items = texts.map((text) => {
      const loaded = loadYaml(text, kind.schema, 'test.yml')
      if ('errors' in loaded) throw new Error(loaded.message)
      return kind.complete(loaded.value, testGlobal())
    })
    configs.set(name, items)
  }
  const sent: HttpRequest[] = []
  const memory = new MemoryFiles()
  for (const [path, text] of Object.entries(files)) memory.replaceSync(path, text)
  const clock = new FakeClock(Date.UTC(2026, 0, 2, 3, 5))
  const deps: ReceiverDeps = {
    createClient: () => ({
      request: async (request) => {
        sent.push(request)
        if (answer instanceof Error) throw answer
        return { status: 200, headers: {}, body: new TextEncoder().encode('ok'), ...answer }
      },
      close: async () => {},
    }),
    templates: new NotificationTemplates([], {
      externalUrl: 'http://am.test',
      now: () => clock.now(),
    }),
    files: memory,
    net: undefined as never,
    clock,
    random: seededRandom(),
    log: recordLog(),
    env: { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key' },
    hostname: 'host',
    userAgent: 'Alertmanager/1',
  }
  const tried = await tryReceiver(
    { configs },
    sampleNotification(alerts ? { alerts } : {}),
    deps,
    { isSending, showsSecrets },
    new AbortController().signal,
  )
  return { tried, sent }
}

/** A configuration of each kind that works. */
const ALL: Readonly<Record<string, string>> = {
  webhook: '{url: "http://hook.test/x"}',
  email: '{to: a@example.org}',
  pagerduty: '{routing_key: rk}',
  opsgenie: '{}',
  wechat: '{to_user: u}',
  slack: '{channel: c}',
  victorops: '{routing_key: r}',
  pushover: '{user_key: u, token: t}',
  sns: '{topic_arn: "arn:aws:sns:us-east-2:1:t"}',
  telegram: '{chat_id: 1}',
  discord: '{webhook_url: "https://d.test/x"}',
  webex: '{room_id: r, http_config: {authorization: {credentials: x}}}',
  msteams: '{webhook_url: "https://t.test/x"}',
  msteamsv2: '{webhook_url: "https://t.test/x"}',
  jira: '{project: P, issue_type: Bug}',
  incidentio: '{url: "https://i.test/x", alert_source_token: t}',
  rocketchat: '{channel: c}',
  mattermost: '{channel: c}',
}

test('a dry run of each kind succeeds, shows its requests and sends nothing', async () => {
  expect(Object.keys(ALL)).toEqual(RECEIVER_KINDS.map(({ name }) => name))
  for (const [name, config] of Object.entries(ALL)) {
    const { tried, sent } = await trial({ [name]: [config] })
    expect(tried).toHaveLength(1)
    expect([name, tried[0]?.error]).toEqual([name, undefined])
    expect(tried[0]?.requests.length).toBeGreaterThan(0)
    expect(sent).toEqual([])
  }
})

test('a dry run of a resolved group succeeds for each kind', async () => {
  for (const [name, config] of Object.entries(ALL)) {
    const { tried } = await trial({ [name]: [config] }, { alerts: [resolvedAlert()] })
    expect([name, tried[0]?.error]).toEqual([name, undefined])
  }
})

test('integrations are listed in the order in which they are built, each with its index', async () => {
  const { tried } = await trial({ slack: ['{}', '{}'], webhook: [ALL.webhook as string] })
  expect(tried.map(({ name, index }) => `${name}[${index}]`)).toEqual([
    'webhook[0]',
    'slack[0]',
    'slack[1]',
  ])
})

test('a mail is shown with its envelope', async () => {
  const { tried } = await trial({ email: ['{to: "a@example.org, b@example.org"}'] })
  const [mail] = tried[0]?.requests ?? []
  expect(mail?.method).toBe('SMTP')
  expect(mail?.url).toBe('smtp://mail.example.org:587')
  expect(mail?.headers).toEqual({ from: 'am@example.org', to: 'a@example.org, b@example.org' })
  expect(mail?.body).toContain('Subject: ')
})

test('secrets are hidden wherever they stand', async () => {
  const cases: [kind: string, config: string, secret: string][] = [
    ['webhook', '{url: "http://hook.test/very-secret?a=b"}', 'very-secret'],
    [
      'webhook',
      '{url: "http://hook.test/{{ .GroupLabels.alertname }}/very-secret"}',
      'very-secret',
    ],
    ['pagerduty', '{routing_key: very-secret}', 'very-secret'],
    ['pagerduty', '{routing_key_file: /key}', 'from-a-file'],
    ['opsgenie', '{api_key: very-secret}', 'very-secret'],
    ['pushover', '{user_key: very secret, token: t}', 'very+secret'],
    ['telegram', '{chat_id: 1, bot_token: "very:secret"}', 'very:secret'],
    ['victorops', '{routing_key: r, api_key: very-secret}', 'very-secret'],
    [
      'webex',
      '{room_id: r, http_config: {authorization: {credentials: very-secret}}}',
      'very-secret',
    ],
  ]
  for (const [kind, config, secret] of cases) {
    const files = { '/key': 'from-a-file\n' }
    const { tried } = await trial({ [kind]: [config] }, { files })
    const shown = JSON.stringify(tried)
    expect([config, tried[0]?.error]).toEqual([config, undefined])
    expect([config, shown.includes(secret)]).toEqual([config, false])
    expect([config, shown.includes('<secret>')]).toEqual([config, true])
  }
})

test('an address that is secret keeps its host', async () => {
  const { tried } = await trial({ webhook: ['{url: "http://hook.test:81/very-secret"}'] })
  expect(tried[0]?.requests[0]?.url).toBe('http://hook.test:81/<secret>')
})

test('secrets are shown when they are asked for', async () => {
  const { tried } = await trial({ pagerduty: ['{routing_key: abc}'] }, { showsSecrets: true })
  expect(tried[0]?.requests[0]?.body).toContain('"routing_key":"abc"')
})

test('sending tells what came back', async () => {
  const setup = { isSending: true, answer: { status: 400, body: new TextEncoder().encode('no') } }
  const { tried, sent } = await trial({ webhook: [ALL.webhook as string] }, setup)
  expect(sent).toHaveLength(1)
  expect(tried[0]?.requests[0]?.status).toBe(400)
  expect(tried[0]?.error).toBe('unexpected status code 400: no')
})

test('a failed connection is an error without an address in it', async () => {
  const answer = new Error('Post "http://hook.test/x": dial tcp: refused')
  const { tried } = await trial({ webhook: [ALL.webhook as string] }, { isSending: true, answer })
  expect(tried[0]?.error).toBe('Post "<redacted>": dial tcp: refused')
  expect(tried[0]?.requests[0]?.status).toBeUndefined()
})

test('a broken template fails only the integration it belongs to', async () => {
  const { tried } = await trial({
    webhook: [ALL.webhook as string],
    discord: ['{webhook_url: "https://d.test/x", title: "{{ .Nope }}"}'],
  })
  expect(tried[0]?.error).toBeUndefined()
  expect(tried[1]?.error).toContain("can't evaluate field Nope")
  expect(tried[1]?.requests).toEqual([])
})
