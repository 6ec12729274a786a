/** The requests of every receiver for the same alerts, firing and resolved: ours and the original's, part by part. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext, TLSSocket } from 'node:tls'
import { createAuthority } from '@prom/testkit'
import { postAll, type Side, startSide, waitFor } from './testing/side-by-side.ts'

jest.setTimeout(240_000)

const folder = mkdtempSync(join(tmpdir(), 'receivers-original-'))

const authority = createAuthority(Date.now())
writeFileSync(join(folder, 'ca.pem'), authority.cert)

const TEXT = '{{ .Status }} {{ .CommonLabels.alertname }} <{{ len .Alerts }}> {{ .GroupLabels }}'

/** Through a proxy with a password, over TLS that the authority of this test vouches for. */
const TUNNEL = `http_config: {proxy_url: 'PROXY', proxy_connect_header: {X-Tunnel: [one, two]}, tls_config: {ca_file: ${join(folder, 'ca.pem')}}}`

/**
 * By name of the receiver: what its configuration says. SINK is where it sends to, PROXY the same server as a proxy;
 * those whose address cannot be chosen are asked for through it.
 */
const RECEIVERS: Readonly<Record<string, string>> = {
  webhook: `webhook_configs: [{url: 'SINK/webhook?a={{ .Status }}'}]`,
  payload: `webhook_configs: [{url: 'SINK/payload', payload: {n: dropped, '5': kept, 6: dropped, c: '{{ len .Alerts }}', deep: {on: dropped, off1: kept}, t: 'TEXT', l: ['{{ .Status }}', 5, true], j: '{{ .CommonLabels | toJson }}'}}]`,
  truncated: `webhook_configs: [{url: 'SINK/truncated', max_alerts: 1, http_config: {basic_auth: {username: u, password: p}, http_headers: {X-One: {values: [two]}}}}]`,
  pagerduty2: `pagerduty_configs: [{routing_key: rk, url: 'SINK/pd2', description: 'TEXT', client: c, client_url: 'http://c/', severity: '{{ .Status }}', class: cl, component: co, group: g, details: {a: 'TEXT', firing: f, resolved: r}, images: [{src: 'http://i/', alt: a, href: h}], links: [{href: 'http://l/', text: t}]}]`,
  pagerduty1: `pagerduty_configs: [{service_key: sk, description: 'TEXT', client: c, client_url: 'http://c/', details: {a: 'TEXT'}, ${TUNNEL}}]`,
  pushover: `pushover_configs: [{token: t, user_key: u, title: 'TEXT', message: 'TEXT', url: 'http://u/', url_title: ut, priority: '1', sound: s, device: d, retry: 1m, expire: 1h, ttl: 2h, ${TUNNEL}}]`,
  tunnelled: `webhook_configs: [{url: 'https://hook.test:8443/tunnelled', ${TUNNEL}}]`,
  proxied: `webhook_configs: [{url: 'http://hook.test/proxied', http_config: {proxy_url: 'PROXY'}}]`,
  direct: `webhook_configs: [{url: 'SINK/direct', http_config: {proxy_url: 'http://127.0.0.1:1', no_proxy: '127.0.0.0/8,hook.test'}}]`,
  opsgenie: `opsgenie_configs: [{api_key: k, api_url: 'SINK/og/', message: 'TEXT', description: 'TEXT', source: s, details: {d: 'TEXT'}, entity: e, actions: 'a,b', tags: 'x,y', note: n, priority: P1, update_alerts: true, responders: [{name: 'a', type: team}, {username: b, type: user}]}]`,
  wechat: `wechat_configs: [{api_secret: s, corp_id: c, api_url: 'SINK/wx/', message: 'TEXT', to_user: u, to_party: p, to_tag: t, agent_id: '1', send_resolved: true}]`,
  markdown: `wechat_configs: [{api_secret: s, corp_id: c, api_url: 'SINK/wxm/', message: 'TEXT', message_type: markdown, to_user: u}]`,
  slack: `slack_configs: [{api_url: 'SINK/slack', channel: '#c', username: u, color: 'good', title: 'TEXT', title_link: 'http://t/', pretext: p, text: 'TEXT', fallback: f, callback_id: cb, footer: fo, icon_emoji: ':x:', image_url: 'http://i/', thumb_url: 'http://t/', link_names: true, send_resolved: true, fields: [{title: a, value: '{{ .Status }}', short: true}, {title: b, value: c}], actions: [{type: button, text: t, url: 'http://u/', style: primary}]}]`,
  victorops: `victorops_configs: [{api_key: k, api_url: 'SINK/vo/', routing_key: r, message_type: WARNING, state_message: 'TEXT', entity_display_name: 'TEXT', monitoring_tool: m, custom_fields: {z: '{{ .Status }}'}}]`,
  sns: `sns_configs: [{api_url: 'SINK/sns/', sigv4: {region: us-east-2, access_key: a, secret_key: s}, topic_arn: 'arn:aws:sns:us-east-2:1:t', subject: 'TEXT', message: 'TEXT', attributes: {k: 'TEXT'}}]`,
  telegram: `telegram_configs: [{api_url: 'SINK/tg', bot_token: tok, chat_id: -5, message: 'TEXT', message_thread_id: 7, parse_mode: HTML}]`,
  discord: `discord_configs: [{webhook_url: 'SINK/discord', title: 'TEXT', message: 'TEXT', content: c, username: u, avatar_url: 'http://a/'}]`,
  webex: `webex_configs: [{api_url: 'SINK/webex', room_id: r, message: 'TEXT', http_config: {authorization: {credentials: x}}}]`,
  msteams: `msteams_configs: [{webhook_url: 'SINK/teams', title: 'TEXT', summary: s, text: 'TEXT'}]`,
  msteamsv2: `msteamsv2_configs: [{webhook_url: 'SINK/teams2', title: 'TEXT', text: 'TEXT'}]`,
  jira: `jira_configs: [{api_url: 'SINK/jira/rest/api/2', project: P, issue_type: Bug, summary: 'TEXT', description: 'TEXT', labels: [b, a], priority: High, fields: {customfield_1: {value: '{{ .Status }}'}}, reopen_transition: Open, resolve_transition: Done, reopen_duration: 1h, http_config: {basic_auth: {username: u, password: p}}}]`,
  incidentio: `incidentio_configs: [{url: 'SINK/inc', alert_source_token: t}]`,
  rocketchat: `rocketchat_configs: [{api_url: 'SINK/rc/', token: t, token_id: i, channel: c, color: red, title: 'TEXT', title_link: 'http://t/', text: 'TEXT', emoji: ':x:', fields: [{title: a, value: '{{ .Status }}', short: true}], send_resolved: true}]`,
  mattermost: `mattermost_configs: [{webhook_url: 'SINK/mm', channel: c, username: u, text: 'TEXT', fallback: f, color: c, pretext: p, author_name: a, title: 'TEXT', title_link: 'http://t/', footer: fo, fields: [{title: a, value: '{{ .Status }}', short: true}], priority: {priority: urgent, requested_ack: true}}]`,
}

interface Heard {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, unknown>
  readonly body: unknown
}

const servers: Server[] = []

const ANSWERS: readonly (readonly [RegExp, string])[] = [
  [
    /^\/sns/,
    '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>',
  ],
  [/transitions/, '{"transitions":[{"id":"7","name":"Done"},{"id":"8","name":"Open"}]}'],
  [/\/search/, '{"issues":[{"key":"P-1","fields":{"status":{"statusCategory":{"key":"new"}}}}]}'],
  [
    /./,
    '{"ok":true,"result":{"message_id":1,"chat":{"id":-5}},"success":true,"access_token":"tok","errcode":0,"ts":"1","channel":"c"}',
  ],
]

async function listen(heard: Heard[]): Promise<number> {
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const isTunnelled = request.socket instanceof TLSSocket
    const url = isTunnelled ? `/${request.headers.host}${request.url}` : (request.url ?? '')
    heard.push({
      method: request.method ?? '',
      url,
      headers: headersOf(request),
      body: bodyOf(Buffer.concat(pieces).toString(), request),
    })
    const text = ANSWERS.find(([path]) => path.test(url))?.[1] ?? ''
    response.writeHead(200, {
      'content-type': text.startsWith('<') ? 'text/xml' : 'application/json',
    })
    response.end(text)
  })
  const { cert, key } = authority.issue('api.pushover.net', 'events.pagerduty.com', 'hook.test')
  const secureContext = createSecureContext({ cert, key })
  server.on('connect', ({ url, headers }, socket) => {
    heard.push({
      method: 'CONNECT',
      url: url ?? '',
      headers: {
        host: headers.host,
        'x-tunnel': headers['x-tunnel'],
        'proxy-authorization': headers['proxy-authorization'],
      },
      body: '',
    })
    socket.on('error', () => {})
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    server.emit('connection', new TLSSocket(socket as Socket, { isServer: true, secureContext }))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** Those a receiver sets; what a signature says depends on the second. */
function headersOf({ headers }: IncomingMessage): Record<string, unknown> {
  const names = [
    'content-type',
    'x-auth-token',
    'proxy-authorization',
    'x-user-id',
    'x-one',
    'accept-language',
  ]
  const authorization = headers.authorization?.replace(/AWS4.*/, 'signed')
  return { ...Object.fromEntries(names.map((name) => [name, headers[name]])), authorization }
}

function bodyOf(text: string, { headers }: IncomingMessage): unknown {
  if (headers['content-type']?.includes('form')) {
    return [...new URLSearchParams(text)].sort(([a], [b]) => (a < b ? -1 : 1))
  }
  // The order of keys counts too; escapes do not, because Slack's library writes them in its own way.
  return JSON.stringify(text === '' ? '' : JSON.parse(text))
}

const names = Object.keys(RECEIVERS)

const configOf = (port: number) => `
route:
  receiver: none
  group_by: [alertname]
  group_wait: 500ms
  group_interval: 2s
  routes:
${names.map((name) => `  - {receiver: ${name}, continue: true}`).join('\n')}
receivers:
- name: none
${names
  .map(
    (name) =>
      `- name: ${name}\n  ${(RECEIVERS[name] ?? '').replaceAll('TEXT', TEXT).replaceAll('SINK', `http://127.0.0.1:${port}`).replaceAll('PROXY', `http://pu:p%40p@127.0.0.1:${port}`)}`,
  )
  .join('\n')}
`

let ours: readonly Heard[]
let theirs: readonly Heard[]

beforeAll(async () => {
  const heard: Heard[][] = []
  const sides: Side[] = []
  for (const who of ['theirs', 'ours'] as const) {
    const list: Heard[] = []
    heard.push(list)
    sides.push(await startSide(who, { folder, config: configOf(await listen(list)) }))
  }
  ;[theirs, ours] = heard as [Heard[], Heard[]]
  const startsAt = new Date().toISOString()
  const alert = (instance: string, endsAt: string) => ({
    labels: { alertname: 'Disk', instance, job: 'n', 'a"b': 'ü<&>' },
    annotations: { summary: `full <b> & "q" ${instance}` },
    generatorURL: 'http://g/?a=1&b=2',
    startsAt,
    endsAt,
  })
  const post = (endsAt: string) => postAll(sides, [alert('a:1', endsAt), alert('b:2', endsAt)])
  const hasAll = (rounds: number) => () =>
    heard.every((list) => names.every((name) => of(name, list).length >= rounds))
  try {
    await post(new Date(Date.now() + 600_000).toISOString())
    await waitFor('the first notification of every receiver', hasAll(1))
    await waitUntilQuiet(heard)
    await post(new Date(Date.now() - 10).toISOString())
    await waitFor('the resolved notification of every receiver', hasAll(2))
    await waitUntilQuiet(heard)
  } catch (err) {
    const counts = names.map(
      (name) => `${name} ${of(name, theirs).length}/${of(name, ours).length}`,
    )
    throw new Error(`${(err as Error).message}: ${counts.join(', ')}`)
  } finally {
    await Promise.all(sides.map(({ stop }) => stop()))
  }
})

/** Some receivers ask more than once: until nobody has for longer than a group interval. */
async function waitUntilQuiet(heard: readonly (readonly Heard[])[]): Promise<void> {
  const count = () => heard.reduce((sum, list) => sum + list.length, 0)
  for (let last = -1; last !== count(); ) {
    last = count()
    await new Promise((resolve) => setTimeout(resolve, 2500))
  }
}

afterAll(() => {
  for (const server of servers) server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** First part of the path. */
const pathOf: Readonly<Record<string, string>> = {
  pagerduty1: 'events.pagerduty.com',
  pagerduty2: 'pd2',
  pushover: 'api.pushover.net',
  tunnelled: 'hook.test:8443',
  opsgenie: 'og',
  wechat: 'wx',
  markdown: 'wxm',
  victorops: 'vo',
  telegram: 'tg',
  msteams: 'teams',
  msteamsv2: 'teams2',
  incidentio: 'inc',
  rocketchat: 'rc',
  mattermost: 'mm',
}

const of = (name: string, heard: readonly Heard[]) => {
  const start = new RegExp(`^(http://hook.test)?/${pathOf[name] ?? name}([/?]|$)`)
  return heard.filter(({ method, url }) => method !== 'CONNECT' && start.test(url))
}

test.each(names)('%s', (name) => {
  expect(of(name, theirs).length).toBeGreaterThan(0)
  expect(of(name, ours)).toEqual(of(name, theirs))
})

test('a proxy is asked for the same tunnels with the same words', () => {
  const tunnels = (heard: readonly Heard[]) =>
    // How long a tunnel is kept is everybody's own affair.
    [
      ...new Set(
        heard.filter(({ method }) => method === 'CONNECT').map((one) => JSON.stringify(one)),
      ),
    ].sort()
  expect(tunnels(theirs)).toHaveLength(3)
  expect(tunnels(ours)).toEqual(tunnels(theirs))
})
