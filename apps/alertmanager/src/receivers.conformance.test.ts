/** The requests of every receiver for the same alerts, firing and resolved: ours and the original's, part by part. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHost } from '@prom/runtime/node'
import { main } from './main.ts'

jest.setTimeout(90_000)

const bin = process.env.REFERENCE_BIN ?? join(homedir(), '.cache/prometheus-reference/bin')
const folder = mkdtempSync(join(tmpdir(), 'receivers-original-'))
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const TEXT = '{{ .Status }} {{ .CommonLabels.alertname }} <{{ len .Alerts }}> {{ .GroupLabels }}'

/** Without those whose address cannot be chosen (Pushover, Events v1 of PagerDuty). By name of the receiver: what its configuration says; SINK is where it sends to. */
const RECEIVERS: Readonly<Record<string, string>> = {
  webhook: `webhook_configs: [{url: 'SINK/webhook?a={{ .Status }}'}]`,
  payload: `webhook_configs: [{url: 'SINK/payload', payload: {n: dropped, '5': kept, 6: dropped, c: '{{ len .Alerts }}', deep: {on: dropped, off1: kept}, t: 'TEXT', l: ['{{ .Status }}', 5, true], j: '{{ .CommonLabels | toJson }}'}}]`,
  truncated: `webhook_configs: [{url: 'SINK/truncated', max_alerts: 1, http_config: {basic_auth: {username: u, password: p}, http_headers: {X-One: {values: [two]}}}}]`,
  pagerduty2: `pagerduty_configs: [{routing_key: rk, url: 'SINK/pd2', description: 'TEXT', client: c, client_url: 'http://c/', severity: '{{ .Status }}', class: cl, component: co, group: g, details: {a: 'TEXT', firing: f, resolved: r}, images: [{src: 'http://i/', alt: a, href: h}], links: [{href: 'http://l/', text: t}]}]`,
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
    const url = request.url ?? ''
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
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** Those a receiver sets; what a signature says depends on the second. */
function headersOf({ headers }: IncomingMessage): Record<string, unknown> {
  const names = ['content-type', 'x-auth-token', 'x-user-id', 'x-one', 'accept-language']
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
      `- name: ${name}\n  ${(RECEIVERS[name] ?? '').replaceAll('TEXT', TEXT).replaceAll('SINK', `http://127.0.0.1:${port}`)}`,
  )
  .join('\n')}
`

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

async function start(name: string, run: (args: string[]) => () => Promise<void>) {
  const heard: Heard[] = []
  const sinkPort = await listen(heard)
  const config = join(folder, `${name}.yml`)
  writeFileSync(config, configOf(sinkPort))
  const url = `http://127.0.0.1:${await freePort()}`
  const stop = run([
    `--config.file=${config}`,
    `--storage.path=${join(folder, name)}`,
    `--web.listen-address=${url.slice(7)}`,
    '--web.external-url=http://am.test',
    '--cluster.listen-address=',
  ])
  for (let i = 0; i < 200; i++) {
    const isReady = await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isReady) break
    await sleep(50)
  }
  return { url, heard, stop }
}

const runOurs = (args: string[]) => {
  const stop = new AbortController()
  const silent = { write: () => {}, isTerminal: false }
  const host = {
    ...createHost(process),
    signals: { stop: stop.signal, onHangup: () => () => {} },
    stdout: silent,
    stderr: silent,
  }
  const done = main(args, host)
  return async () => {
    stop.abort()
    await done
  }
}

const runTheirs = (args: string[]) => {
  const path = join(bin, 'alertmanager')
  if (!existsSync(path)) throw new Error(`the original is not there: ${path}`)
  const child = spawn(path, args, { stdio: 'ignore' })
  const done = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return async () => {
    child.kill('SIGTERM')
    await done
  }
}

let ours: readonly Heard[]
let theirs: readonly Heard[]

beforeAll(async () => {
  const sides = [await start('theirs', runTheirs), await start('ours', runOurs)]
  const startsAt = new Date().toISOString()
  const post = async (endsAt: string) => {
    const alert = (instance: string) => ({
      labels: { alertname: 'Disk', instance, job: 'n', 'a"b': 'ü<&>' },
      annotations: { summary: `full <b> & "q" ${instance}` },
      generatorURL: 'http://g/?a=1&b=2',
      startsAt,
      endsAt,
    })
    const body = JSON.stringify([alert('a:1'), alert('b:2')])
    const headers = { 'content-type': 'application/json' }
    await Promise.all(
      sides.map(({ url }) => fetch(`${url}/api/v2/alerts`, { method: 'POST', headers, body })),
    )
  }
  await post(new Date(Date.now() + 600_000).toISOString())
  await sleep(1600)
  await post(new Date(Date.now() - 10).toISOString())
  await sleep(3000)
  await Promise.all(sides.map(({ stop }) => stop()))
  ;[theirs, ours] = sides.map(({ heard }) => heard) as [Heard[], Heard[]]
})

afterAll(() => {
  for (const server of servers) server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** First part of the path. */
const pathOf: Readonly<Record<string, string>> = {
  pagerduty2: 'pd2',
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

test.each(names)('%s', (name) => {
  const start = new RegExp(`^/${pathOf[name] ?? name}([/?]|$)`)
  const of = (heard: readonly Heard[]) => heard.filter(({ url }) => start.test(url))
  expect(of(theirs).length).toBeGreaterThan(0)
  expect(of(ours)).toEqual(of(theirs))
})
