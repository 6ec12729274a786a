import type { AnyReceiverKind } from './receiver.ts'
import { INTEGRATION_NAMES, RECEIVER_KINDS } from './receivers.ts'
import { harness, json, resolvedAlert, sampleAlert, sampleNotification } from './testing/harness.ts'

const kind = (name: string) =>
  RECEIVER_KINDS.find((known) => known.name === name) as AnyReceiverKind

const KEY = '849f8175e1fa447711c42b6e6cfb199b37d2ba91e3e51a900048a82f9cf0abaa'
const TITLE = '[FIRING:1] Disk (a:9100)'
const URL_LINK = 'http://am.test/#/alerts?receiver=team%5C.x'

/** What one firing alert looks like on the wire, besides texts of templates. */
const BODIES: Readonly<Record<string, readonly [config: string, url: string, body: unknown]>> = {
  discord: [
    '{webhook_url: "https://d.test/x", message: m, content: "{{ .Status }}", username: u}',
    'https://d.test/x',
    {
      content: 'firing',
      embeds: [{ title: TITLE, description: 'm', color: 10038562 }],
      username: 'u',
    },
  ],
  msteams: [
    '{webhook_url: "https://t.test/x", text: t}',
    'https://t.test/x',
    {
      '@context': 'http://schema.org/extensions',
      type: 'MessageCard',
      title: TITLE,
      summary: TITLE,
      text: 't',
      themeColor: '8C1A1A',
    },
  ],
  webex: [
    '{room_id: r, message: "{{ .Status }}", http_config: {authorization: {credentials: x}}}',
    'https://webexapis.com/v1/messages',
    { markdown: 'firing', roomId: 'r' },
  ],
  telegram: [
    '{chat_id: -5, message: "{{ .CommonAnnotations.summary }}", message_thread_id: 3}',
    'https://api.telegram.org/bottok/sendMessage',
    {
      chat_id: '-5',
      disable_web_page_preview: 'true',
      message_thread_id: '3',
      parse_mode: 'HTML',
      text: 'full &lt;b&gt;',
    },
  ],
  victorops: [
    '{routing_key: r, message_type: odd, state_message: s, custom_fields: {z: "{{ .Status }}"}}',
    'https://alert.victorops.com/integrations/generic/20131114/alert/vkey/r',
    {
      message_type: 'CRITICAL',
      entity_id: KEY,
      entity_display_name: TITLE,
      state_message: 's',
      monitoring_tool: 'Alertmanager',
      z: 'firing',
    },
  ],
  opsgenie: [
    '{description: d, tags: "a, b,,c", responders: [{name: "x,y", type: teams}], details: {k: v}}',
    'https://api.opsgenie.com/v2/alerts',
    {
      alias: KEY,
      message: TITLE,
      description: 'd',
      details: { alertname: 'Disk', instance: 'a:9100', k: 'v' },
      source: URL_LINK,
      responders: [
        { name: 'x', type: 'team' },
        { name: 'y', type: 'team' },
      ],
      tags: ['a', ' b', 'c'],
    },
  ],
  pagerduty: [
    '{routing_key: k, details: {firing: f, l: ["5", "{{ .Status }}"]}, links: [{href: h, text: t}, {text: x}]}',
    'https://events.pagerduty.com/v2/enqueue',
    {
      routing_key: 'k',
      dedup_key: KEY,
      event_action: 'trigger',
      payload: {
        summary: TITLE,
        source: 'Alertmanager',
        severity: 'error',
        custom_details: {
          firing: 'f',
          l: [5, 'firing'],
          num_firing: 1,
          num_resolved: 0,
          resolved: [],
        },
      },
      client: 'Alertmanager',
      client_url: URL_LINK,
      links: [{ href: 'h', text: 't' }],
    },
  ],
  mattermost: [
    '{text: t, attachments: [{text: a}], priority: {priority: URGENT, requested_ack: true}}',
    'https://mm.test/hooks/x',
    {
      text: 't',
      username: 'Alertmanager',
      attachments: [{ text: 'a' }],
      priority: { priority: 'urgent', requested_ack: true },
    },
  ],
}

test('every kind the original knows is there, in the order integrations are built', () => {
  expect(RECEIVER_KINDS.map(({ name }) => name)).toEqual(INTEGRATION_NAMES)
})

test.each(Object.keys(BODIES))('%s sends the body of the original', async (...[name]) => {
  const [config, url, body] = BODIES[name as string] as (typeof BODIES)[string]
  const t = harness(kind(name as string), config)
  await t.notify()
  expect(t.sent.map((request) => [request.method, request.url])).toEqual([['POST', url]])
  expect(JSON.parse(String(t.sent[0]?.body))).toEqual(body)
})

test.each(Object.keys(BODIES))('%s lets faults of the server be tried again', async (...[name]) => {
  const [config] = BODIES[name as string] as (typeof BODIES)[string]
  const t = harness(kind(name as string), config, [{ status: 503 }])
  await expect(t.notify()).rejects.toMatchObject({ canRetry: true, reason: 'serverError' })
})

test('opsgenie closes the alert of a resolved group and retries when it is asked to slow down', async () => {
  const t = harness(kind('opsgenie'), '{}', [{ status: 429 }])
  const resolved = sampleNotification({ alerts: [resolvedAlert()] })
  await expect(t.notify(resolved)).rejects.toMatchObject({ canRetry: true, reason: 'rateLimited' })
  expect(t.sent[0]?.url).toBe(
    `https://api.opsgenie.com/v2/alerts/${KEY}/close?identifierType=alias`,
  )
  expect(t.sent[0]?.headers?.authorization).toBe('GenieKey genie')
})

test('pagerduty v1 resolves by incident key, and huge details are dropped', async () => {
  const v1 = harness(kind('pagerduty'), '{service_key: s, details: {a: b}}')
  await v1.notify(sampleNotification({ alerts: [resolvedAlert()] }))
  expect(JSON.parse(String(v1.sent[0]?.body))).toMatchObject({
    service_key: 's',
    incident_key: KEY,
    event_type: 'resolve',
    event_action: '',
    payload: null,
    details: { a: 'b' },
  })
  const v2 = harness(kind('pagerduty'), '{routing_key: s}')
  const annotations = new Map([['big', 'x'.repeat(600_000)]])
  await v2.notify(sampleNotification({ alerts: [sampleAlert({ annotations })] }))
  const body = JSON.parse(String(v2.sent[0]?.body)) as { payload: { custom_details: object } }
  expect(Object.keys(body.payload.custom_details)).toEqual(['error'])
})

test('telegram never shows its token, and retries whatever went wrong', async () => {
  const t = harness(kind('telegram'), '{chat_id: 5}', [
    { status: 400, body: new TextEncoder().encode('bad tok') },
  ])
  await expect(t.notify()).rejects.toMatchObject({
    canRetry: true,
    message: 'unexpected status code 400: bad <redacted>',
  })
})

test('pushover puts everything into the address', async () => {
  const t = harness(kind('pushover'), '{user_key: u, token: t, message: "  ", ttl: 90s}')
  await t.notify()
  const url = new URL(t.sent[0]?.url as string)
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    user: 'u',
    token: 't',
    message: '(no details)',
    priority: '2',
    retry: '60',
    expire: '3600',
    ttl: '90',
  })
})

test('rocketchat needs to hear success', async () => {
  const t = harness(kind('rocketchat'), '{channel: c}', [json({ success: false, error: 'no' })])
  await expect(t.notify()).rejects.toMatchObject({ canRetry: false, reason: 'clientError' })
  expect(t.sent[0]?.headers).toMatchObject({ 'x-auth-token': 'rtoken', 'x-user-id': 'rid' })
})

test('wechat fetches a token once, and again after it has run out', async () => {
  const token = json({ access_token: 'one' })
  const answers = [token, json({ errcode: 0 }), json({ errcode: 42001, errmsg: 'late' }), token]
  const t = harness(kind('wechat'), '{to_user: u}', [...answers, json({ errcode: 0 })])
  await t.notify()
  await expect(t.notify()).rejects.toMatchObject({ canRetry: true, message: 'late' })
  await t.notify()
  expect(t.sent.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual([
    'GET /cgi-bin/gettoken',
    'POST /cgi-bin/message/send',
    'POST /cgi-bin/message/send',
    'GET /cgi-bin/gettoken',
    'POST /cgi-bin/message/send',
  ])
})

test('an unreadable answer to the question for a token is not asked for again', async () => {
  const t = harness(kind('wechat'), '{to_user: u}', [{ status: 200, body: new Uint8Array() }])
  await expect(t.notify()).rejects.toMatchObject({ canRetry: false })
})

test.each([
  ['opsgenie', '{api_url: "http://host/og"}', 'http://host/og/v2/alerts'],
  ['victorops', '{api_url: "http://host/vo?x=1", routing_key: r}', 'http://host/vo/?x=1'],
  ['wechat', '{api_url: "http://host/we", to_user: u}', 'http://host/we/gettoken'],
])('%s takes an address without a slash at its end', async (name, config, url) => {
  const t = harness(kind(name), config, [json({})])
  await t.notify().catch(() => {})
  expect(t.sent[0]?.url.startsWith(url)).toBe(true)
})

test('jira opens an issue, finds it again, and resolves it', async () => {
  const config = '{project: P, issue_type: Bug, resolve_transition: Done, fields: {custom_1: "5"}}'
  const fresh = harness(kind('jira'), config, [json({ issues: [] })])
  await fresh.notify()
  expect(fresh.sent.map(({ method, url }) => [method, url])).toEqual([
    ['POST', 'https://jira.test/rest/api/2/search'],
    ['POST', 'https://jira.test/rest/api/2/issue'],
  ])
  expect(JSON.parse(String(fresh.sent[0]?.body))).toEqual({
    fields: ['status'],
    jql: `statusCategory != Done and project="P" and labels="ALERT{${KEY}}" order by status ASC,resolutiondate DESC`,
    maxResults: 2,
  })
  expect(JSON.parse(String(fresh.sent[1]?.body))).toMatchObject({
    fields: {
      project: { key: 'P' },
      issuetype: { name: 'Bug' },
      labels: [`ALERT{${KEY}}`],
      summary: TITLE,
      custom_1: 5,
    },
  })
  const known = json({
    issues: [{ key: 'P-1', fields: { status: { statusCategory: { key: 'new' } } } }],
  })
  const transitions = json({ transitions: [{ id: '31', name: 'Done' }] })
  const old = harness(kind('jira'), config, [known, {}, transitions])
  await old.notify(sampleNotification({ alerts: [resolvedAlert()] }))
  expect(old.sent.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual([
    'POST /rest/api/2/search',
    'PUT /rest/api/2/issue/P-1',
    'GET /rest/api/2/issue/P-1/transitions',
    'POST /rest/api/2/issue/P-1/transitions',
  ])
  expect(JSON.parse(String(old.sent[3]?.body))).toEqual({ transition: { id: '31' } })
})

test('sns signs a form post for its region', async () => {
  const t = harness(
    kind('sns'),
    '{topic_arn: "arn:aws:sns:eu-west-1:1:t.fifo", sigv4: {access_key: a, secret_key: s}, attributes: {k: v}}',
  )
  await t.notify()
  expect(t.sent[0]?.url).toBe('https://sns.eu-west-1.amazonaws.com/')
  expect(t.sent[0]?.headers?.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=a\/20260102\/eu-west-1\/sns\/aws4_request, SignedHeaders=content-type;host;user-agent;x-amz-date, Signature=[0-9a-f]{64}$/,
  )
  const form = new URLSearchParams(String(t.sent[0]?.body))
  expect(form.get('MessageGroupId')).toBe(KEY)
  expect(form.get('MessageAttributes.entry.1.Value.StringValue')).toBe('v')
})

test('sns assumes a role with the keys of a profile, once until they expire', async () => {
  const sts = `<R><Credentials><AccessKeyId>R</AccessKeyId><SecretAccessKey>r</SecretAccessKey>
    <SessionToken>s</SessionToken><Expiration>2026-01-02T04:05:00Z</Expiration></Credentials></R>`
  const t = harness(
    kind('sns'),
    '{phone_number: "+1", sigv4: {region: us-east-2, profile: ops, role_arn: "arn:aws:iam::1:role/x", external_id: e}}',
    [{ body: new TextEncoder().encode(sts) }],
    { env: { AWS_SHARED_CREDENTIALS_FILE: '/credentials' } },
  )
  t.files.replaceSync('/credentials', '[ops]\naws_access_key_id=P\naws_secret_access_key=p\n')
  await t.notify()
  await t.notify()
  expect(t.sent.map(({ url }) => url)).toEqual([
    'https://sts.us-east-2.amazonaws.com/',
    'https://sns.us-east-2.amazonaws.com/',
    'https://sns.us-east-2.amazonaws.com/',
  ])
  expect(String(t.sent[0]?.body)).toContain('ExternalId=e')
  expect(t.sent[1]?.headers?.authorization).toContain('Credential=R/20260102/us-east-2/sns/')
  expect(t.sent[1]?.headers?.['x-amz-security-token']).toBe('s')
})
