import { MatcherParser } from '@prom/alerting'
import { parseAlertmanagerConfig } from './load.ts'

const parse = (text: string) =>
  parseAlertmanagerConfig(text, {
    file: 'am.yml',
    directory: 'conf',
    parser: new MatcherParser('fallback'),
  })

const printed = (text: string): string => {
  const loaded = parse(text)
  if ('error' in loaded) throw new Error(loaded.error)
  return loaded.config.printed
}

const BASE = `
receivers: [{name: w, webhook_configs: [{url: 'http://h/'}]}]
`

test('the smallest file gets every default, and prints as the original prints it', () => {
  expect(printed(`route: {receiver: w, group_by: [alertname]}${BASE}`)).toBe(`global:
  resolve_timeout: 5m
  http_config:
    follow_redirects: true
    enable_http2: true
  smtp_hello: localhost
  smtp_require_tls: true
  smtp_tls_config:
    insecure_skip_verify: false
  slack_app_url: https://slack.com/api/chat.postMessage
  pagerduty_url: https://events.pagerduty.com/v2/enqueue
  opsgenie_api_url: https://api.opsgenie.com/
  wechat_api_url: https://qyapi.weixin.qq.com/cgi-bin/
  victorops_api_url: https://alert.victorops.com/integrations/generic/20131114/alert/
  telegram_api_url: https://api.telegram.org
  webex_api_url: https://webexapis.com/v1/messages
  rocketchat_api_url: https://open.rocket.chat/
route:
  receiver: w
  group_by:
  - alertname
  continue: false
receivers:
- name: w
  labels:
    name: w
  webhook_configs:
  - send_resolved: true
    http_config:
      follow_redirects: true
      enable_http2: true
    url: <secret>
    url_file: ""
    max_alerts: 0
    timeout: 0s
templates: []
`)
})

test('routes, rules, intervals and receivers print as the original prints them', () => {
  const text = printed(`
time_intervals:
- name: night
  time_intervals:
  - times: [{start_time: 17:00, end_time: 24:00}]
    weekdays: ['saturday', 'monday:friday']
    days_of_month: ['1:5', '-3:-1']
    months: ['january:march', '5']
    years: ['2020:2022', '2030']
    location: Europe/Berlin
inhibit_rules:
- source_matchers: [severity="critical", a=~b]
  target_match_re: {c: d.*}
  equal: [x]
route:
  receiver: w
  routes:
  - matchers: [a="b", 'c!~"d"']
    match: {e: f}
    continue: true
    mute_time_intervals: [night]
    group_wait: 0s
    routes: [{receiver: w}]
templates: ['*.tmpl']
receivers:
- name: w
  email_configs: [{to: x@y.z, from: a@b.c, smarthost: 'mail:25', headers: {subject: hi}}]
`)
  const section = (name: string) => text.slice(text.indexOf(`\n${name}:`) + 1)
  expect(section('route')).toMatch(`route:
  receiver: w
  continue: false
  routes:
  - match:
      e: f
    matchers:
    - a="b"
    - c!~"d"
    mute_time_intervals:
    - night
    continue: true
    routes:
    - receiver: w
      continue: false
    group_wait: 0s
inhibit_rules:
- source_matchers:
  - a=~"b"
  - severity="critical"
  target_match_re:
    c: d.*
  equal:
  - x
receivers:`)
  expect(section('templates')).toBe(`templates:
- '*.tmpl'
time_intervals:
- name: night
  time_intervals:
  - times:
    - start_time: "17:00"
      end_time: "24:00"
    weekdays: [saturday, 'monday:friday']
    days_of_month: ["1:5", '-3:-1']
    months: ["1:3", "5"]
    years: ['2020:2022', "2030"]
    location: Europe/Berlin
`)
  expect(section('receivers')).toContain(`    headers:
      From: a@b.c
      Subject: hi
      To: x@y.z
`)
})

test('mistakes are refused with the words of the original', () => {
  const f = (text: string, error: string) => {
    const loaded = parse(text)
    expect('error' in loaded ? loaded.error : 'accepted').toContain(error)
  }
  const interval = (spec: string) =>
    `time_intervals: [{name: x, time_intervals: [${spec}]}]\nroute: {receiver: w}${BASE}`
  f('', 'no route provided in config')
  f(BASE, 'no routes provided')
  f(`route: {}${BASE}`, 'root route must specify a default receiver')
  f(`route: {receiver: w, matchers: [a=b]}${BASE}`, 'root route must not have any matchers')
  f(`route: {receiver: w, continue: true}${BASE}`, 'cannot have continue in root route')
  f(`route: {receiver: v}${BASE}`, 'undefined receiver "v" used in route')
  f(`route: {receiver: w, routes: [{receiver: v}]}${BASE}`, 'undefined receiver "v" used in route')
  f(
    `route: {receiver: w, routes: [{mute_time_intervals: [q]}]}${BASE}`,
    'undefined time interval "q" used in route',
  )
  f(`route: {receiver: w, group_by: [a, a]}${BASE}`, 'duplicated label "a" in group_by')
  f(`route: {receiver: w, group_by: ['...', a]}${BASE}`, 'cannot have wildcard group_by')
  f(`route: {receiver: w, group_interval: 0s}${BASE}`, 'group_interval cannot be zero')
  f(`route: {receiver: w, repeat_interval: 0s}${BASE}`, 'repeat_interval cannot be zero')
  f(`route: {receiver: w, rout: 1}${BASE}`, 'line 1: field rout not found in type config.plain')
  f(`route: {receiver: w, routes: [{matchers: ['a']}]}${BASE}`, 'bad matcher format: a')
  f('route: {receiver: w}\nreceivers: [{name: w}, {name: w}]', '"w" is not unique')
  f('route: {receiver: w}\nreceivers: [{}]', 'missing name in receiver')
  f(
    'route: {receiver: w}\nreceivers: [{name: w, email_configs: [{to: a}]}]',
    'no global SMTP smarthost set',
  )
  f(
    'route: {receiver: w}\nreceivers: [{name: w, slack_configs: [{channel: a}]}]',
    'no Slack API URL nor App token set either inline or in a file',
  )
  f(
    'route: {receiver: w}\nreceivers: [{name: w, webhook_configs: [null]}]',
    'missing webhook config',
  )
  f(
    `global: {slack_api_url: 'http://a', slack_api_url_file: b}\nroute: {receiver: w}${BASE}`,
    'at most one of slack_api_url & slack_api_url_file must be configured',
  )
  f(interval('{weekdays: [mon]}'), 'mon is not a valid weekday')
  f(interval('{weekdays: ["friday:monday"]}'), 'start day cannot be before end day')
  f(interval('{days_of_month: ["0"]}'), '0 is not a valid day of the month: out of range')
  f(interval('{days_of_month: ["-1:5"]}'), 'end day must be negative if start day is negative')
  f(interval('{months: ["13"]}'), '13 is not a valid month')
  f(interval('{years: ["2030:2020"]}'), 'end year 2020 is before start year 2030')
  f(interval('{times: [{start_time: "9:00", end_time: "10:00"}]}'), "couldn't parse timestamp 9:00")
  f(interval('{times: [{start_time: "10:00"}]}'), 'both start and end times must be provided')
  f(interval('{location: Nowhere/X}'), 'unknown time zone Nowhere/X')
})

test('templates are looked for beside the file', () => {
  const loaded = parse(`templates: ['t/*.tmpl', /abs/x]\nroute: {receiver: w}${BASE}`)
  expect('config' in loaded && loaded.config.templates).toEqual(['conf/t/*.tmpl', '/abs/x'])
})

test('tracing and event_recorder are read with the rules of the original', () => {
  const f = (section: string, expected: string | readonly string[]) => {
    const loaded = parse(`route: {receiver: w}\nreceivers: [{name: w}]\n${section}\n`)
    const found = 'error' in loaded ? loaded.error : loaded.config.withoutEffect
    if (typeof expected === 'string') expect(found).toContain(expected)
    else expect(found).toEqual(expected)
  }
  f('', [])
  f('tracing: {endpoint: "a:1", headers: {Authorization: {values: [b]}}}', ['tracing'])
  f('tracing: {}', 'tracing endpoint must be set')
  f('tracing: {x: 1}', 'field x not found in type tracing.plain')
  f(
    'tracing: {endpoint: "a:1", client_type: x}',
    'expected tracing client type to be to be http or grpc, but got x',
  )
  f(
    'tracing: {endpoint: "a:1", compression: x}',
    'invalid compression type x provided, valid options: gzip',
  )
  f('event_recorder: {file_outputs: [{path: /x}]}', ['event_recorder'])
  f('event_recorder: {file_outputs: [{}]}', 'event_recorder file output requires a path')
  f('event_recorder: {webhook_outputs: [{}]}', 'event_recorder webhook output requires a url')
  f('event_recorder: {x: 1}', 'field x not found in type eventrecorder.Config')
})
