import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { runPromtool } from '../testing/run-promtool.ts'

interface Asked {
  readonly method: string
  readonly path: string
  readonly form: URLSearchParams
  readonly headers: IncomingMessage['headers']
}

/** Runs `use` against a server that gives `body` to every request. */
async function withServer(
  status: number,
  body: unknown,
  use: (url: string, asked: Asked[]) => Promise<void>,
): Promise<void> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => (text += chunk))
    request.on('end', () => {
      const { pathname, search } = new URL(request.url ?? '/', 'http://h')
      const form = new URLSearchParams(text === '' ? search : text)
      asked.push({ method: request.method ?? '', path: pathname, form, headers: request.headers })
      response.writeHead(status, { 'Content-Type': 'application/json' })
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

const success = (resultType: string, result: unknown) => ({
  status: 'success',
  data: { resultType, result },
})

test('instant results print as readable lines or JSON', async () => {
  const vector = [
    { metric: { job: 'x', __name__: 'up' }, value: [1435781451.781, '1'] },
    { metric: {}, value: [1435781451, '1.5e+300'] },
  ]
  await withServer(200, success('vector', vector), async (url, asked) => {
    const f = (...argv: string[]) => runPromtool(['query', 'instant', ...argv, url, 'up'])
    const { stdout, exitCode } = await f('--time=1435781451.781', '--header=X-A=b')
    expect([exitCode, stdout]).toEqual([
      0,
      `up{job="x"} => 1 @[1435781451.781]\n{} => 15${'0'.repeat(299)} @[1435781451]\n`,
    ])
    expect(asked[0]).toMatchObject({
      method: 'POST',
      path: '/api/v1/query',
      headers: { 'x-a': 'b' },
    })
    expect([...asked[0]!.form]).toEqual([
      ['query', 'up'],
      ['time', '1435781451.781'],
    ])
    expect((await f('-o', 'json')).stdout).toBe(
      `[{"metric":{"__name__":"up","job":"x"},"value":[1435781451.781,"1"]},{"metric":{},"value":[1435781451,"15${'0'.repeat(299)}"]}]\n`,
    )
    expect(await f('--time=x')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'error parsing evaluation time: cannot parse "x" to a valid timestamp\n',
    })
  })
  await withServer(200, success('scalar', [1, '2']), async (url) => {
    expect((await runPromtool(['query', 'instant', url, '2'])).stdout).toBe('scalar: 2 @[1]\n')
  })
})

test('a range has a default step of a 250th', async () => {
  const matrix = [
    {
      metric: { __name__: 'up' },
      values: [
        [1, '1'],
        [2.5, 'NaN'],
      ],
    },
  ]
  await withServer(200, success('matrix', matrix), async (url, asked) => {
    const f = (...argv: string[]) => runPromtool(['query', 'range', url, 'up', ...argv])
    expect((await f('--start=0', '--end=1000')).stdout).toBe('up =>\n1 @[1]\nNaN @[2.5]\n')
    expect([...asked[0]!.form]).toEqual([
      ['query', 'up'],
      ['start', '0'],
      ['end', '1000'],
      ['step', '4'],
    ])
    await f('--start=0', '--end=10', '--step=1m')
    expect(asked[1]!.form.get('step')).toBe('60')
    expect(await f('--start=5', '--end=4')).toMatchObject({
      exitCode: 1,
      stderr: 'start time is not before end time\n',
    })
    expect(await f('--step=1')).toMatchObject({
      exitCode: 1,
      stderr: 'promtool: error: time: missing unit in duration "1", try --help\n',
    })
  })
})

test('series and label values are one a line', async () => {
  const series = [{ job: 'b', __name__: 'up', 'a b': 'c' }]
  await withServer(200, { status: 'success', data: series }, async (url, asked) => {
    const { stdout } = await runPromtool(['query', 'series', '--match=up', '--match=x', url])
    expect(stdout).toBe('{__name__="up", "a b"="c", job="b"}\n')
    expect(asked[0]!.form.getAll('match[]')).toEqual(['up', 'x'])
  })
  await withServer(
    200,
    { status: 'success', data: ['a', 'b'], warnings: ['w'] },
    async (url, asked) => {
      const outcome = await runPromtool(['query', 'labels', '--start=1', url, 'job'])
      expect(outcome).toEqual({ exitCode: 0, stdout: 'a\nb\n', stderr: 'query warning: w\n' })
      expect(asked[0]).toMatchObject({ method: 'GET', path: '/api/v1/label/job/values' })
    },
  )
})

test('failures of the server and of the way to it are told', async () => {
  const error = { status: 'error', errorType: 'bad_data', error: 'no' }
  await withServer(400, error, async (url) => {
    expect(await runPromtool(['query', 'instant', url, 'up'])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'query error: bad_data: no\n',
    })
  })
  await withServer(404, 'x', async (url) => {
    expect(await runPromtool(['query', 'instant', url, 'up'])).toMatchObject({
      exitCode: 1,
      stderr: 'query error: client_error: client error: 404\n',
    })
  })
  await withServer(200, '<html>', async (url) => {
    expect(await runPromtool(['query', 'instant', url, 'up'])).toMatchObject({ exitCode: 1 })
  })
  expect(await runPromtool(['query', 'instant', '127.0.0.1:1', 'up'])).toMatchObject({
    exitCode: 1,
    stderr:
      'promtool: error: invalid URL: parse "127.0.0.1:1": first path segment in URL cannot contain colon, try --help\n',
  })
  expect(await runPromtool(['query', 'instant', 'http://127.0.0.1:1', 'up'])).toMatchObject({
    exitCode: 1,
    stderr:
      'query error: Post "http://127.0.0.1:1/api/v1/query": dial tcp 127.0.0.1:1: connect: connection refused\n',
  })
})

test('health is asked and told', async () => {
  await withServer(200, 'Prometheus Server is Ready.\n', async (url) => {
    expect(await runPromtool(['check', 'ready', `--url=${url}`])).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: '  SUCCESS:  Prometheus Server is Ready.\n\n',
    })
  })
  await withServer(503, 'no', async (url) => {
    expect(await runPromtool(['check', 'healthy', `--url=${url}`])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `check failed: URL=${url}, status=503\n`,
    })
  })
})

test('queries are formatted and edited', async () => {
  const f = async (argv: string[], stdout: string) =>
    expect(await runPromtool(['--experimental', 'promql', ...argv])).toMatchObject({ stdout })
  await f(['format', 'sum(rate(foo[5m]))by(x)'], 'sum by (x) (rate(foo[5m]))\n')
  await f(
    ['label-matchers', 'set', '-t', '=~', 'up{a="b"} + foo', 'a', 'c'],
    'up{a=~"c"} + foo{a=~"c"}\n',
  )
  await f(['label-matchers', 'delete', 'up{a="b"}', 'a'], 'up\n')
  expect(await runPromtool(['promql', 'format', 'up'])).toMatchObject({
    exitCode: 1,
    stderr: 'This command is experimental and requires the --experimental flag to be set.\n',
  })
})
