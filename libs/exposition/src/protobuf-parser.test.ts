import { ProtobufParser } from './protobuf-parser.ts'

const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >> 7)])
const field = (number: number, bytes: readonly number[]) => [
  ...varint((number << 3) | 2),
  ...varint(bytes.length),
  ...bytes,
]
const text = (number: number, value: string) => field(number, [...Buffer.from(value)])
const double = (number: number, value: number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return [(number << 3) | 1, ...bytes]
}
const int = (number: number, value: number) => [number << 3, ...varint(value)]
const label = (name: string, value: string) => field(1, [...text(1, name), ...text(2, value)])
const time = (number: number, seconds: number, nanos: number) =>
  field(number, [...int(1, seconds), ...int(2, nanos)])

function read(family: readonly number[], takesNative = true) {
  const bytes = Buffer.from([...varint(family.length), ...family])
  const options = { takesNative, alwaysClassic: false, convertsClassic: false }
  const parser = new ProtobufParser(bytes, options)
  const found = []
  for (let entry = parser.next(); entry !== 'end'; entry = parser.next()) {
    if (entry !== 'series' && entry !== 'histogram') continue
    const { startTimeMs } = parser
    found.push({ labels: parser.labels().slice(1), startTimeMs, exemplars: parser.exemplars() })
  }
  return found
}

test('a counter carries its exemplar and when it began', () => {
  const exemplar = field(2, [...label('id', '1'), ...double(2, 5), ...time(3, 2, 500_000_000)])
  const counter = field(3, [...double(1, 7), ...exemplar, ...time(3, 1, 999_999)])
  expect(read([...text(1, 'c_total'), ...int(3, 0), ...field(4, counter)])).toEqual([
    {
      labels: ['c_total'],
      startTimeMs: 1000,
      exemplars: [{ labels: ['id', '1'], value: 5, timeMs: 2500 }],
    },
  ])
})

test('exemplars of a native histogram are its own, else those of its buckets', () => {
  const bucket = field(3, [...int(1, 1), ...double(2, 1), ...field(3, double(2, 0.5))])
  const own = field(16, [...double(2, 9), ...time(3, 1, 0)])
  const span = field(12, [...int(1, 0), ...int(2, 1)])
  const rest = [...int(1, 1), ...double(2, 1), ...bucket, ...span, ...field(13, [2])]
  const family = (more: readonly number[]) => [
    ...[...text(1, 'h'), ...int(3, 4)],
    ...field(4, field(7, [...rest, ...more])),
  ]
  const values = (more: readonly number[], takesNative = true) =>
    read(family(more), takesNative).map(({ exemplars }) => exemplars.map(({ value }) => value))
  expect(values([])).toEqual([[0.5]])
  expect(values(own)).toEqual([[9]])
  expect(values(own, false)).toEqual([[], [], [0.5], []])
})
