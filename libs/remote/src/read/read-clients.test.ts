import { crc32c } from '@prom/bytes'
import { XorEncoder } from '@prom/chunks'
import { compressSnappy, uncompressSnappy } from '@prom/compress'
import type { HttpRequest } from '@prom/http'
import { Registry } from '@prom/metrics'
import { MessageReader, MessageWriter } from '@prom/protobuf'
import { loadYaml } from '@prom/yaml'
import { remoteReadConfig } from '../remote-read-config.ts'
import { ReadClients, type ReadSelect } from './read-clients.ts'

type Answer = { readonly type: string; readonly body: Uint8Array; readonly status?: number }

function clients(yaml: string, answer: () => Answer, external: Record<string, string> = {}) {
  const requests: HttpRequest[] = []
  const loaded = loadYaml(yaml, remoteReadConfig, 'test.yml')
  if ('errors' in loaded) throw new Error(loaded.message)
  const made = new ReadClients({
    metrics: new Registry(),
    createClient: () => ({
      request: async (request) => {
        requests.push(request)
        const { type, body, status = 200 } = answer()
        return { status, headers: { 'content-type': type }, body }
      },
      close: async () => {},
    }),
  })
  made.apply([loaded.value], new Map(Object.entries(external)))
  return { made, requests }
}

const labelled = (writer: MessageWriter, labels: Record<string, string>) => {
  for (const [name, value] of Object.entries(labels)) {
    writer.message(1, (label) => label.string(1, name).string(2, value))
  }
  return writer
}

function sampled(labels: Record<string, string>, ...rows: [time: number, value: number][]): Answer {
  const body = new MessageWriter().message(1, (result) =>
    result.message(1, (series) => {
      labelled(series, labels)
      for (const [time, value] of rows) {
        series.message(2, (sample) => sample.double(1, value).varint(2, time))
      }
    }),
  )
  return { type: 'application/x-protobuf', body: compressSnappy(body.finish()) }
}

function streamed(frames: readonly Uint8Array[]): Answer {
  const out = new MessageWriter()
  for (const frame of frames) {
    const size = new MessageWriter().delimited(frame).finish().subarray(0, -frame.length)
    const sum = new Uint8Array(4)
    new DataView(sum.buffer).setUint32(0, crc32c(frame))
    out.raw(size).raw(sum).raw(frame)
  }
  const type = 'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse'
  return { type, body: out.finish() }
}

function frame(labels: Record<string, string>, ...rows: [time: number, value: number][]) {
  const encoder = new XorEncoder()
  const bits = new Uint32Array(2)
  const value = new Float64Array(bits.buffer)
  for (const [time, one] of rows) {
    value[0] = one
    encoder.append(time, bits[1] as number, bits[0] as number)
  }
  return new MessageWriter()
    .message(1, (series) =>
      labelled(series, labels).message(2, (chunk) => chunk.varint(3, 1).bytes(4, encoder.finish())),
    )
    .finish()
}

const select = (change: Partial<ReadSelect> = {}): ReadSelect => ({
  matchers: [{ type: '=', name: '__name__', value: 'up' }],
  hints: { mint: 1000, maxt: 5000, func: 'rate', rangeMs: 60_000 },
  localStartMs: Infinity,
  ...change,
})

/** Matchers and range of a request. */
function readAsked({ body }: HttpRequest) {
  const reader = new MessageReader(uncompressSnappy(body as Uint8Array))
  reader.field()
  const query = reader.message()
  const asked: (string | number)[] = []
  for (let field = query.field(); field !== 0; field = query.field()) {
    if (field < 3) asked.push(query.number())
    else if (field === 3) {
      const matcher = query.message()
      const parts = ['0']
      for (let part = matcher.field(); part !== 0; part = matcher.field()) {
        if (part === 1) parts[0] = String(matcher.number())
        else parts.push(matcher.string())
      }
      asked.push(parts.join(' '))
    } else query.skip()
  }
  return asked
}

test('both forms of an answer are read; samples outside of the range are left out', async () => {
  const expected = [{ labels: ['__name__', 'up'], times: [2000, 3000], values: [1, 2] }]
  const rows: [number, number][] = [
    [500, 9],
    [2000, 1],
  ]
  for (const answer of [
    sampled({ __name__: 'up' }, ...rows, [3000, 2], [6000, 3]),
    streamed([
      frame({ __name__: 'up' }, ...rows),
      frame({ __name__: 'up' }, [2000, 1], [3000, 2], [9000, 3]),
    ]),
  ]) {
    const { made } = clients('url: http://far/read\nread_recent: true\n', () => answer)
    const { sets, warnings } = await made.select(select())
    const plain = sets[0]?.map(({ labels, times, values }) => ({
      labels,
      times: [...times],
      values: [...values],
    }))
    expect([plain, warnings]).toEqual([expected, []])
  }
})

test('external labels are asked for and taken off the answer', async () => {
  const answer = sampled({ __name__: 'up', dc: 'x', job: 'j' }, [2000, 1])
  const yaml = 'url: http://far/read\nread_recent: true\n'
  const { made, requests } = clients(yaml, () => answer, { dc: 'x' })
  const { sets } = await made.select(select())
  expect(readAsked(requests[0] as HttpRequest)).toEqual([1000, 5000, '0 __name__ up', '0 dc x'])
  expect(sets[0]?.[0]?.labels).toEqual(['__name__', 'up', 'job', 'j'])
  const unfiltered = clients(`${yaml}filter_external_labels: false\n`, () => answer, { dc: 'x' })
  expect((await unfiltered.made.select(select())).sets[0]?.[0]?.labels).toContain('dc')
})

test('what is stored here is not asked for, unless it shall be; required matchers must be there', async () => {
  const answer = sampled({ __name__: 'up' }, [2000, 1])
  const f = async (yaml: string, change: Partial<ReadSelect>, expected: unknown[] | undefined) => {
    const { made, requests } = clients(`url: http://far/read\n${yaml}`, () => answer)
    await made.select(select(change))
    expect(requests[0] && readAsked(requests[0]).slice(0, 2)).toEqual(expected)
  }
  await f('', { localStartMs: 3000 }, [1000, 3000])
  await f('', { localStartMs: 1000 }, undefined)
  await f('read_recent: true\n', { localStartMs: 1000 }, [1000, 5000])
  await f('required_matchers: {__name__: up}\n', {}, [1000, 5000])
  await f('required_matchers: {__name__: down}\n', {}, undefined)
})

test('a storage that fails is a warning, not an error', async () => {
  const f = async (answer: Answer, text: string | RegExp) => {
    const { made } = clients('url: http://u:p@far/read\nread_recent: true\n', () => answer)
    const { sets, warnings } = await made.select(select())
    expect(sets).toEqual([[]])
    expect(warnings[0]).toMatch(text)
  }
  const body = Buffer.from('no\n')
  await f(
    { type: 'text/plain', body, status: 503 },
    'remote_read: remote server http://u:xxxxx@far/read returned http status 503: no',
  )
  await f({ type: 'text/html', body }, 'remote_read: unsupported content type: text/html')
  await f({ type: 'application/x-protobuf', body }, 'snappy: corrupt input')
  const broken = streamed([frame({ __name__: 'up' }, [1, 1])])
  broken.body[7] = (broken.body[7] as number) ^ 1
  await f(broken, 'checksum mismatch')
  await f({ ...broken, body: broken.body.subarray(0, 9) }, 'unexpected EOF')
})
