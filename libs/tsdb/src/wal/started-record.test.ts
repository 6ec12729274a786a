import { Reader, Writer } from '@prom/bytes'
import { decodeStartedHistograms, firstTimeOf, toPlainSamples } from './started-record.ts'

/** Ref, time and high half of the value. */
function list(plain: Uint8Array | undefined): number[][] {
  const reader = new Reader(plain!, 1)
  const rows: number[][] = []
  const firstRef = reader.left > 0 ? reader.u64() : 0
  const firstTime = reader.left > 0 ? reader.i64() : 0
  while (reader.left > 0) {
    const [ref, time] = [firstRef + reader.varint(), firstTime + reader.varint()]
    rows.push([ref, time, reader.u32()])
    reader.u32()
  }
  return rows
}

const RECORD = Buffer.from(
  '0b0280a0abfef962003ff800000000000002020280c6e6f4f962c00000000000000002cf0f017ff0000000000002' +
    '03b0ea0102e8cde6f4f9624008000000000000',
  'hex',
)

test('samples with start times become plain ones', () => {
  expect(list(toPlainSamples(RECORD))).toEqual([
    [1, 1_700_000_000_000, 0x3ff80000],
    [2, 1_700_000_000_001, 0xc0000000],
    [3, 1_699_999_999_000, 0x7ff00000],
    [1, 1_700_000_015_000, 0x40080000],
  ])
  expect(firstTimeOf(RECORD)).toBe(1_700_000_000_000)
  expect(list(toPlainSamples(RECORD.subarray(0, 1)))).toEqual([])
})

test('a record cut within an item is damaged', () => {
  const whole = [1, 17, 34, 46, RECORD.length]
  for (let end = 2; end < RECORD.length; end++) {
    if (whole.includes(end)) continue
    expect([end, toPlainSamples(RECORD.subarray(0, end))]).toEqual([end, undefined])
  }
})

test('histograms with start times are read with their refs and times', () => {
  const writer = new Writer()
  writer.u8(12)
  const body = () => {
    writer.u8(0)
    writer.varint(1)
    writer.f64(0.001)
    writer.uvarint(2)
    writer.uvarint(5)
    writer.f64(7.5)
    for (let i = 0; i < 4; i++) writer.uvarint(0)
  }
  for (const value of [7, 1000, 900]) writer.varint(value)
  body()
  writer.varint(-2)
  writer.varint(50)
  writer.u8(2)
  writer.varint(3)
  body()
  writer.varint(1)
  writer.varint(60)
  writer.u8(1)
  body()
  const rows: unknown[] = []
  const isSound = decodeStartedHistograms(writer.take(), ({ walRef, timeMs, histogram, kind }) => {
    rows.push([walRef, timeMs, kind, histogram?.count])
  })
  expect(isSound).toBe(true)
  expect(rows).toEqual([
    [7, 1000, 'int', 5],
    [5, 1050, 'int', 5],
    [6, 1060, 'int', 5],
  ])
})
