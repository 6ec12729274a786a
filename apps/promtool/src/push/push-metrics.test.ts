import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { uncompressSnappy } from '@prom/compress'
import { MessageReader } from '@prom/protobuf'
import { runPromtool } from '../testing/run-promtool.ts'

const PAGE = `# HELP z help
# TYPE z gauge
z{job="x",b="c"} 3 1700000000000
# TYPE h histogram
h_bucket{le="1"} 1
h_bucket{le="+Inf"} 2
h_sum 0
h_count 2
`

interface Received {
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: Buffer
}

async function withReceiver(
  status: number,
  use: (url: string, received: Received[]) => Promise<void>,
): Promise<void> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(parts) })
      response.writeHead(status)
      response.end('out of bounds\n')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/write`, received)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

/** `name=value,... value@time` of each series. */
function readSeries(body: Buffer): string[] {
  const lines: string[] = []
  const request = new MessageReader(uncompressSnappy(body))
  while (!request.isAtEnd) {
    if (request.field() !== 1) {
      request.skip()
      continue
    }
    const labels: string[] = []
    let sample = ''
    const series = request.message()
    while (!series.isAtEnd) {
      const isLabel = series.field() === 1
      const inner = series.message()
      const parts: string[] = []
      while (!inner.isAtEnd) {
        const field = inner.field()
        if (isLabel) parts.push(inner.string())
        else parts.push(String(field === 1 ? inner.double() : inner.uint64()))
      }
      if (isLabel) labels.push(parts.join('='))
      else sample = parts.join('@')
    }
    lines.push(`${labels.join(',')} ${sample}`)
  }
  return lines
}

test('a page arrives with its labels, those of the flags, and a time', async () => {
  await withReceiver(204, async (url, received) => {
    const argv = ['push', 'metrics', '--label=job=y', '--header=X-A=b', url, 'm.prom']
    expect(await runPromtool(argv, { 'm.prom': PAGE })).toEqual({
      exitCode: 0,
      stdout:
        'Parsing metrics file m.prom\n  SUCCESS: metrics file m.prom pushed to remote write.\n',
      stderr: '',
    })
    expect(received[0]!.headers).toMatchObject({
      'x-a': 'b',
      'content-encoding': 'snappy',
      'content-type': 'application/x-protobuf',
      'x-prometheus-remote-write-version': '0.1.0',
    })
    const lines = readSeries(received[0]!.body)
    expect(lines.map((line) => line.replace(/\d{13}$/, 'T'))).toEqual([
      '__name__=h_bucket,job=y,le=1 1@T',
      '__name__=h_bucket,job=y,le=+Inf 2@T',
      '__name__=h_sum,job=y T',
      '__name__=h_count,job=y 2@T',
      '__name__=z,b=c,exported_job=x,job=y 3@T',
    ])
    expect(lines.at(-1)).toMatch(/@1700000000000$/)
  })
})

test('a refusal is shown, and does not stop the next file', async () => {
  await withReceiver(400, async (url, received) => {
    const files = { 'a.prom': 'a 1\n', 'b.prom': 'bad{\n' }
    const { exitCode, stderr } = await runPromtool(
      ['push', 'metrics', url, 'b.prom', 'a.prom'],
      files,
    )
    expect(exitCode).toBe(1)
    expect(stderr).toBe(
      '  FAILED: text format parsing error in line 1: invalid label name for metric "bad"\n' +
        '  FAILED: server returned HTTP status 400 Bad Request: out of bounds\n\n',
    )
    expect(received).toHaveLength(1)
  })
})
