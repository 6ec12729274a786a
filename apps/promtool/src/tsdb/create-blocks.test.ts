import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runPromtool } from '../testing/run-promtool.ts'

let out = ''
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'blocks-'))
})
afterEach(() => rmSync(out, { recursive: true }))

const create = (text: string, ...flags: string[]) =>
  runPromtool(['tsdb', 'create-blocks-from', 'openmetrics', ...flags, 'in.om', out], {
    'in.om': text,
  })

async function dump(...flags: string[]): Promise<string[]> {
  const argv = ['tsdb', 'dump', '--max-time=1600000000000', ...flags, out]
  return (await runPromtool(argv)).stdout.split('\n').slice(0, -1)
}

test('a page with times becomes blocks of two hours', async () => {
  const page = [
    '# TYPE a counter',
    '# HELP a x',
    'a_total{b="c"} 1 1500000000',
    'a_total{b="c"} 2.5 1500000060.123',
    'a_total{b="d"} 1e3 1500000060',
    'a_total{b="c"} 3 1500007200 # {x="y"} 1 1500007200',
    '# EOF\n',
  ].join('\n')
  const { exitCode, stdout } = await create(page, '--label=job=x')
  expect(exitCode).toBe(0)
  expect(stdout.split('\n').map((line) => line.split(/ +/).slice(1, 7))).toEqual([
    ['ULID', 'MIN', 'TIME', 'MAX', 'TIME', 'DURATION'],
    ['1500000000000', '1500000060124', '1m0.124s', '3', '2', '2'],
    ['1500007200000', '1500007200001', '1ms', '1', '1', '1'],
    [],
  ])
  expect(await dump('--match=a_total{b="c"}')).toEqual([])
  await create('w 1 1700000000\n# EOF\n', '-q')
  expect(await dump()).toEqual([
    '{__name__="a_total", b="c", job="x"} 1 1500000000000',
    '{__name__="a_total", b="c", job="x"} 2.5 1500000060123',
    '{__name__="a_total", b="c", job="x"} 3 1500007200000',
    '{__name__="a_total", b="d", job="x"} 1000 1500000060000',
  ])
})

test('what cannot be imported leaves no block', async () => {
  const f = async (page: string, error: string) => {
    expect(await create(page)).toEqual({ exitCode: 1, stdout: '', stderr: `${error}\n` })
    expect((await runPromtool(['tsdb', 'list', out])).stdout.trim().split('\n')).toHaveLength(1)
  }
  await f('a 1\n# EOF\n', 'getting min and max timestamp: expected timestamp for series got none')
  await f('a 1 1\n', 'getting min and max timestamp: next: data does not end with # EOF')
  await f('a 1 NaN\n# EOF\n', 'getting min and max timestamp: next: invalid timestamp NaN')
  await f('', 'mmap, size 0: invalid argument')
  await f(
    'a{b="c",b="d"} 1 1\n# EOF\n',
    'block creation: process blocks: add sample: label name "b" is not unique: invalid sample',
  )
})

test('a wider range makes fewer blocks', async () => {
  const hours = Array.from({ length: 12 }, (_, hour) => `a ${hour} ${hour * 3600}`)
  const page = `${hours.join('\n')}\n# EOF\n`
  const count = async (width: string) =>
    (await create(page, `--max-block-duration=${width}`)).stdout.trim().split('\n').length - 1
  expect([await count('2h'), await count('5h'), await count('6h'), await count('18h')]).toEqual([
    6, 6, 2, 1,
  ])
})

test('recording rules are asked block by block, at the slots of their group', async () => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    let form = ''
    request.on('data', (chunk) => (form += chunk))
    request.on('end', () => {
      asked.push(form)
      const start = Number(new URLSearchParams(form).get('start'))
      const result = [{ metric: { __name__: 'up', a: 'b' }, values: [[start, '1.5']] }]
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const rules = `groups:
- name: g1
  interval: 30s
  rules:
  - {record: r1, expr: 'up*2', labels: {x: y}}
  - {alert: A, expr: up == 0}
`
  try {
    const url = `--url=http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const range = ['--start=1500000000', '--end=1500010000']
    const argv = ['tsdb', 'create-blocks-from', 'rules', url, ...range, `--output-dir=${out}`]
    const { exitCode, stderr } = await runPromtool([...argv, 'rr.yml'], { 'rr.yml': rules })
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('name=rr.yml;g1')])
  } finally {
    server.closeAllConnections()
    server.close()
  }
  const spans = asked.map((form) => Object.fromEntries(new URLSearchParams(form)))
  expect(spans.map(({ query, end, step }) => [query, end, step])).toEqual([
    ['up * 2', '1500004799', '30'],
    ['up * 2', '1500010000', '30'],
  ])
  // The offset of this file and group within 30 s.
  for (const { start } of spans) expect(Number(start) % 30).toBeCloseTo(15.600721, 3)
  await create('w 1 1700000000\n# EOF\n', '-q')
  expect((await dump()).map((line) => line.split(' 1.5 ')[0])).toEqual([
    '{__name__="r1", a="b", x="y"}',
    '{__name__="r1", a="b", x="y"}',
  ])
})

test('a benchmark counts what it wrote', async () => {
  const series = '{"__name__":"a","b":"c"}\n{"b":"d","__name__":"a"}\n'
  const argv = ['tsdb', 'bench', 'write', `--out=${out}/bench`, '--scrapes=150', 's.json']
  const { exitCode, stdout } = await runPromtool(argv, { 's.json': series })
  expect(exitCode).toBe(0)
  expect(stdout).toContain(' > total samples: 400\n')
  const dumped = await runPromtool(['tsdb', 'dump', `${out}/bench/storage`])
  expect(dumped.stdout.trim().split('\n')).toHaveLength(400)
})

test('series of a dump can be had as JSON', async () => {
  await create('a{b="c"} 1 1500000000\na{b="c"} 1 1500000001\nw 1 1700000000\n# EOF\n', '-q')
  expect(await dump('--format=seriesjson')).toEqual(['{"__name__":"a","b":"c"}'])
})
