import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { CONFIG, post, start, stopAll, until } from './testing/start.ts'

jest.setTimeout(20_000)
afterEach(stopAll)

const future = new Date(Date.now() + 3_600_000).toISOString()

test('an alert that is posted arrives at the webhook, is listed, and is silenced', async () => {
  const bodies: string[] = []
  const hook = createServer((request, response) => {
    let body = ''
    request
      .on('data', (part) => (body += part))
      .on('end', () => {
        bodies.push(body)
        response.end()
      })
  })
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
  try {
    const port = (hook.address() as AddressInfo).port
    const { url } = await start(CONFIG.replace('127.0.0.1:1', `127.0.0.1:${port}`))
    const labels = { alertname: 'Disk', instance: 'a' }
    const answer = await post(`${url}/api/v2/alerts`, [{ labels, endsAt: future }])
    expect(answer.status).toBe(200)
    await until(() => bodies.length > 0)
    expect(JSON.parse(bodies[0] as string)).toMatchObject({
      status: 'firing',
      groupKey: '{}:{alertname="Disk"}',
      alerts: [{ labels }],
    })
    const silence = {
      matchers: [{ name: 'alertname', value: 'Disk', isRegex: false }],
      startsAt: new Date().toISOString(),
      endsAt: future,
      createdBy: 'me',
      comment: 'c',
    }
    const made = (await (await post(`${url}/api/v2/silences`, silence)).json()) as {
      silenceID: string
    }
    const list = (await (await fetch(`${url}/api/v2/alerts`)).json()) as { status: unknown }[]
    expect(list[0]?.status).toEqual({
      inhibitedBy: [],
      mutedBy: [],
      silencedBy: [made.silenceID],
      state: 'suppressed',
    })
    const groups = await (await fetch(`${url}/api/v2/alerts/groups?silenced=false`)).json()
    expect(groups).toEqual([])
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).toContain('alertmanager_notifications_total{integration="webhook"} 1')
    expect(metrics).toContain('alertmanager_alerts{state="suppressed"} 1')
    expect(metrics).toContain('alertmanager_silences{state="active"} 1')
  } finally {
    hook.close()
  }
})

test('silences outlive the program, whichever way it ends', async () => {
  const first = await start(CONFIG)
  await post(`${first.url}/api/v2/silences`, {
    matchers: [{ name: 'a', value: 'b', isRegex: true, isEqual: true }],
    startsAt: new Date().toISOString(),
    endsAt: future,
    createdBy: 'me',
    comment: 'kept',
  })
  // On disk before the answer: a kill now would lose nothing.
  expect(readFileSync(join(first.folder, 'data/silences'), 'latin1')).toContain('kept')
  await first.stop()
  const second = await start(CONFIG, [], first.folder)
  const list = (await (await fetch(`${second.url}/api/v2/silences`)).json()) as object[]
  expect(list).toMatchObject([
    { comment: 'kept', matchers: [{ name: 'a', value: 'b', isRegex: true, isEqual: true }] },
  ])
})

test('a broken reload keeps the old configuration and says so', async () => {
  const program = await start(CONFIG)
  const status = async () => (await (await fetch(`${program.url}/api/v2/status`)).json()) as object
  const before = await status()
  writeFileSync(join(program.folder, 'am.yml'), 'route: {receiver: nope}')
  const answer = await fetch(`${program.url}/-/reload`, { method: 'POST' })
  expect(answer.status).toBe(500)
  expect(await answer.text()).toMatch(
    /^failed to reload config: undefined receiver "nope" used in route/,
  )
  expect(await status()).toEqual(before)
  const metrics = await (await fetch(`${program.url}/metrics`)).text()
  expect(metrics).toContain('alertmanager_config_last_reload_successful 0')
  writeFileSync(join(program.folder, 'am.yml'), CONFIG.replaceAll('w,', 'v,'))
  program.hangUp()
  await until(async () => JSON.stringify(await status()).includes('receiver: v'))
  expect(JSON.stringify(await status())).toContain('receiver: v')
})

test('what does not fit is refused with the status and words of the original', async () => {
  const { url } = await start(CONFIG)
  const f = async (path: string, init: RequestInit, status: number, body: unknown) => {
    const answer = await fetch(`${url}${path}`, init)
    const text = await answer.text()
    expect([answer.status, text === '' ? '' : JSON.parse(text)]).toEqual([status, body])
  }
  const json = (body: string): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  const coded = (code: number, message: string) => ({ code, message })
  await f('/api/v2/alerts', json('[{}]'), 422, coded(602, '0.labels in body is required'))
  await f('/api/v2/alerts', json('[{"labels":{}}]'), 400, 'at least one label pair required')
  await f(
    '/api/v2/alerts',
    json('['),
    400,
    coded(400, 'parsing alerts body from "" failed, because unexpected EOF'),
  )
  await f(
    '/api/v2/alerts',
    { method: 'POST', body: '[]', headers: { 'content-type': 'text/plain' } },
    415,
    coded(415, 'unsupported media type "text/plain", only [application/json] are allowed'),
  )
  await f('/api/v2/alerts?filter=a', {}, 400, 'bad matcher format: a')
  await f('/api/v2/nope', {}, 404, coded(404, 'path /api/v2/nope was not found'))
  await f('/api/v2/silence/x', {}, 422, coded(601, 'silenceID in path must be of type uuid: "x"'))
  await f('/api/v2/silence/11111111-1111-4111-8111-111111111111', {}, 404, '')
  await f('/api/v2/silences', json('{}'), 422, coded(602, 'comment in body is required'))
  await f(
    '/api/v2/receivers',
    json('[]'),
    405,
    coded(405, 'method POST is not allowed, but [GET] are'),
  )
})

test('a start that cannot succeed ends with code 1 and one clear reason', async () => {
  const f = async (config: string, flags: string[], text: string) => {
    const program = await start(config, flags)
    expect(await program.stop()).toBe(1)
    expect(program.log()).toContain(text)
  }
  await f('route: {}', [], 'root route must specify a default receiver')
  await f(CONFIG, ['--data.retention=0s'], '--data.retention must be greater than 0')
  await f(CONFIG, ['--enable-feature=x'], 'unknown option \\"x\\" for --enable-feature')
})
