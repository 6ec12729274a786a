import { Labels } from '@prom/labels'
import { NotifyError } from '../errors.ts'
import { harness, resolvedAlert, sampleAlert, sampleNotification } from '../testing/harness.ts'
import { webhook } from './webhook.ts'

test('the body has the keys, order and escapes of the original', async () => {
  const t = harness(webhook, 'url: http://hook.test/a')
  await t.notify(sampleNotification({ alerts: [sampleAlert(), resolvedAlert()] }))
  expect(t.sent[0]).toMatchObject({
    method: 'POST',
    url: 'http://hook.test/a',
    headers: { 'content-type': 'application/json', 'user-agent': 'Alertmanager/1' },
  })
  expect(t.sent[0]?.body).toBe(
    '{"receiver":"team\\\\.x","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"Disk",' +
      '"instance":"a:9100"},"annotations":{"summary":"full \\u003cb\\u003e"},"startsAt":"2026-01-02T03:04:05.06Z",' +
      '"endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://prom/graph?a=1\\u0026b=2","fingerprint":"0123456789abcdef"},' +
      '{"status":"resolved","labels":{"alertname":"Disk","instance":"b:9100"},"annotations":{"summary":"full \\u003cb\\u003e"},' +
      '"startsAt":"2026-01-02T03:04:05.06Z","endsAt":"2026-01-02T03:04:59Z","generatorURL":"http://prom/graph?a=1\\u0026b=2",' +
      '"fingerprint":"0123456789abcdef"}],"notification_reason":"first notification","groupLabels":{"alertname":"Disk"},' +
      '"commonLabels":{"alertname":"Disk"},"commonAnnotations":{"summary":"full \\u003cb\\u003e"},"externalURL":"http://am.test",' +
      '"version":"4","groupKey":"{}:{alertname=\\"Disk\\"}","truncatedAlerts":0}\n',
  )
})

test('max_alerts cuts the list, and the address may be a template or stand in a file', async () => {
  const t = harness(webhook, '{url_file: /secret/url, max_alerts: 1}')
  t.files.replaceSync('/secret/url', 'http://hook.test/{{ .GroupLabels.alertname }}\n')
  await t.notify(sampleNotification({ alerts: [resolvedAlert(), sampleAlert()] }))
  expect(t.sent[0]?.url).toBe('http://hook.test/Disk')
  const body = JSON.parse(String(t.sent[0]?.body)) as Record<string, unknown>
  expect([body.status, body.truncatedAlerts]).toEqual(['resolved', 1])
})

test('only faults of the server are worth another try', async () => {
  const f = async (status: number, canRetry: boolean, reason: string) => {
    const t = harness(webhook, 'url: http://hook.test/a', [{ status }])
    const fault = await t.notify().catch((err: unknown) => err)
    expect(fault).toBeInstanceOf(NotifyError)
    expect(fault).toMatchObject({
      canRetry,
      reason,
      message: `unexpected status code ${status}: ok`,
    })
  }
  await f(500, true, 'serverError')
  await f(400, false, 'clientError')
  await f(403, false, 'authError')
  await f(429, false, 'rateLimited')
})

test('an address is needed, once, and it has to be one', () => {
  const f = (config: string, text: string) => expect(() => harness(webhook, config)).toThrow(text)
  f('{}', 'one of url or url_file must be configured')
  f('{url: "http://a", url_file: b}', 'at most one of url & url_file must be configured')
  f('url: ftp://x', 'unsupported scheme "ftp" for URL')
  f('{url: "http://a", uri: b}', 'field uri not found in type config.plain')
})

test('names and texts an engine would write differently are written as the original does', async () => {
  const t = harness(webhook, 'url: http://hook.test/a')
  const f = async (labels: Record<string, string>, expected: string) => {
    await t.notify(sampleNotification({ alerts: [sampleAlert({ labels: Labels.from(labels) })] }))
    const { body } = t.sent.at(-1) as { body: string }
    expect(body).toContain(`"alerts":[{"status":"firing","labels":${expected},"annotations"`)
  }
  await f({ '10': 'x', '9': 'y', a: 'z' }, '{"10":"x","9":"y","a":"z"}')
  await f({ ['__proto__']: 'x' }, '{"__proto__":"x"}')
  await f({ a: '\ud800 \\ud800' }, '{"a":"\\ufffd \\\\ud800"}')
  await f({ a: '"\\\u2028\u007f\u0001' }, '{"a":"\\"\\\\\\u2028\u007f\\u0001"}')
  await f({ a: '€ \u{1f600}' }, '{"a":"€ \u{1f600}"}')
})
