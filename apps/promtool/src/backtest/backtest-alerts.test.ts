import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runPromtool } from '../testing/run-promtool.ts'
import { alertHistory } from './alert-history.ts'

test('an alert waits, fires, and is kept firing', () => {
  const steps = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
  const f = (present: readonly number[], forMs: number, keepFiringForMs: number, want: string) => {
    const episodes = alertHistory(steps, new Set(present), { forMs, keepFiringForMs })
    expect(episodes.map((e) => `${e.state} ${e.fromMs}-${e.toMs ?? ''}`).join(', ')).toBe(want)
  }
  f([], 0, 0, '')
  f([2, 3], 0, 0, 'firing 2-4')
  f([2, 3], 2, 0, 'pending 2-4')
  f([2, 3, 4, 5], 2, 0, 'pending 2-4, firing 4-6')
  f([2, 3, 5, 6], 0, 2, 'firing 2-9')
  f([2, 3, 4, 7], 0, 0, 'firing 2-5, firing 7-8')
  f([8, 9], 1, 0, 'pending 8-9, firing 9-')
})

test('a data folder tells when an alert would have fired', async () => {
  const out = mkdtempSync(join(tmpdir(), 'backtest-'))
  try {
    const start = 1_500_000_000
    const values = [1, 1, 0, 0, 0, 0, 1, 1, 1, 1]
    const page = values.map((value, i) => `up{job="a"} ${value} ${start + i * 60}\n`).join('')
    // A later block, so that no log is looked for.
    const files = { 'in.om': `${page}w 1 1700000000\n# EOF\n` }
    await runPromtool(['tsdb', 'create-blocks-from', 'openmetrics', '-q', 'in.om', out], files)
    const rules = `groups: [{name: g, rules: [{alert: Down, expr: up == 0, for: 2m}, {alert: Never, expr: up > 1}]}]\n`
    const range = [`--start=${start}`, `--end=${start + 540}`]
    const argv = ['test', 'alerts', `--data=${out}`, ...range, 'r.yml']
    expect(await runPromtool(argv, { 'r.yml': rules })).toEqual({
      exitCode: 0,
      stderr: '',
      stdout:
        'r.yml: group "g", alert "Down": would have fired 1 time(s), 1 series\n' +
        '  {job="a"}\n' +
        '    pending 2017-07-14T02:42:00Z to 2017-07-14T02:44:00Z (2m)\n' +
        '    firing  2017-07-14T02:44:00Z to 2017-07-14T02:46:00Z (2m)\n' +
        'r.yml: group "g", alert "Never": would not have fired\n',
    })
  } finally {
    rmSync(out, { recursive: true })
  }
})

test('a server is asked for the range, and its refusal is told', async () => {
  const asked: URLSearchParams[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece) => {
      body += piece
    })
    request.on('end', () => {
      const form = new URLSearchParams(body || request.url?.split('?')[1])
      asked.push(form)
      response.setHeader('Content-Type', 'application/json')
      if (form.get('query') === 'bad == 0') {
        response.statusCode = 422
        response.end(JSON.stringify({ status: 'error', errorType: 'execution', error: 'too much' }))
        return
      }
      const times = [60, 120, 180, 240]
      const values = times.map((time) => [time, '0'])
      const result = [{ metric: { __name__: 'up', job: 'a' }, values }]
      const data = { resultType: 'matrix', result }
      response.end(JSON.stringify({ status: 'success', data }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const f = (expr: string) =>
      runPromtool(['test', 'alerts', `--url=${url}`, '--start=0', '--end=600', 'r.yml'], {
        'r.yml': `groups: [{name: g, rules: [{alert: Down, expr: ${expr}, for: 2m}]}]\n`,
      })
    expect(await f('up == 0')).toEqual({
      exitCode: 0,
      stderr: '',
      stdout:
        'r.yml: group "g", alert "Down": would have fired 1 time(s), 1 series\n' +
        '  {job="a"}\n' +
        '    pending 1970-01-01T00:01:00Z to 1970-01-01T00:03:00Z (2m)\n' +
        '    firing  1970-01-01T00:03:00Z to 1970-01-01T00:05:00Z (2m)\n',
    })
    expect(Object.fromEntries(asked[0]!)).toEqual({
      query: 'up == 0',
      start: '0',
      end: '600',
      step: '60',
    })
    const refused = await f('bad == 0')
    expect(refused.exitCode).toBe(1)
    expect(refused.stderr).toContain('too much')
  } finally {
    server.close()
  }
})
