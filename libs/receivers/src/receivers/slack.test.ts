import { harness, json, sampleNotification } from '../testing/harness.ts'
import { slack } from './slack.ts'

test('the message has the fields of the original, empty ones left out', async () => {
  const t = harness(
    slack,
    `{channel: '#ops', fields: [{title: a, value: '{{ .Status }}'}], actions: [{type: button, text: t, url: 'http://r', name: x}]}`,
  )
  await t.notify()
  expect(t.sent[0]?.url).toBe('https://hooks.slack.test/services/T/B/X')
  expect(JSON.parse(String(t.sent[0]?.body))).toEqual({
    channel: '#ops',
    username: 'Alertmanager',
    attachments: [
      {
        title: '[FIRING:1] Disk (a:9100)',
        title_link: 'http://am.test/#/alerts?receiver=team%5C.x',
        text: '',
        fallback: '[FIRING:1] Disk (a:9100) | http://am.test/#/alerts?receiver=team%5C.x',
        callback_id: '',
        fields: [{ title: 'a', value: 'firing', short: false }],
        actions: [{ type: 'button', text: 't', url: 'http://r' }],
        footer: '',
        color: 'danger',
        mrkdwn_in: ['fallback', 'pretext', 'text'],
      },
    ],
  })
})

test('a broken template does not hold the message back; later fields stay empty', async () => {
  const t = harness(slack, `{channel: c, color: '{{ template "nope" . }}'}`)
  await t.notify()
  const body = JSON.parse(String(t.sent[0]?.body)) as { attachments: Record<string, unknown>[] }
  expect(body.attachments).toHaveLength(1)
  expect(body.attachments[0]?.color).toBeUndefined()
})

test('an answer that is not ok is a fault that stays', async () => {
  const f = async (answer: Parameters<typeof harness>[2], text: string) => {
    const t = harness(slack, 'channel: c', answer)
    await expect(t.notify()).rejects.toMatchObject({
      canRetry: false,
      reason: 'clientError',
      message: expect.stringContaining(text) as string,
    })
  }
  await f([json({ ok: false, error: 'no_channel' })], 'no_channel')
  await f([{ body: new TextEncoder().encode('nope') }], 'nope')
  const limited = harness(slack, 'channel: c', [{ status: 429 }])
  await expect(limited.notify()).rejects.toMatchObject({ canRetry: true, reason: 'rateLimited' })
})

test('an app token goes to the app address, and messages are updated in place', async () => {
  const reply = json({ ok: true, ts: '12.3', channel: 'C9' })
  const t = harness(slack, '{channel: c, app_token: tok, update_message: true}', [reply, reply])
  const first = sampleNotification()
  await t.notify(first)
  expect(t.sent[0]).toMatchObject({
    url: 'https://slack.com/api/chat.postMessage',
    headers: { authorization: 'Bearer tok' },
  })
  expect([...first.receiverData]).toEqual([
    ['threadTs', { kind: 'string', value: '12.3' }],
    ['channelId', { kind: 'string', value: 'C9' }],
  ])
  await t.notify(
    sampleNotification({ reason: 'new alerts added', receiverData: first.receiverData }),
  )
  expect(t.sent[1]?.url).toBe('https://slack.com/api/chat.update')
  expect(JSON.parse(String(t.sent[1]?.body))).toMatchObject({ channel: 'C9', ts: '12.3' })
})
