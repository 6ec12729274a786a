import { parseBytes, printBytes } from './bytes.ts'
import { parseDuration, printDuration } from './duration.ts'
import { parseGoDuration, printGoDuration } from './go-duration.ts'
import {
  escapeName,
  exposeName,
  isValidLabelName,
  isValidMetricName,
  unescapeName,
} from './names.ts'
import { quoteGo } from './quote.ts'
import { isStaleAt, isStaleBits, setStaleBits, writeStaleAt } from './stale.ts'
import { parseRfc3339, parseTime, printRfc3339, printSeconds } from './time.ts'
import { createUlid, isUlid, ulidTime } from './ulid.ts'

test('durations are read and printed with the texts of the original', () => {
  const f = (text: string, want: number | string, printed = text) => {
    const got = parseDuration(text)
    expect('ms' in got ? got.ms : got.error).toBe(want)
    if ('ms' in got) expect(printDuration(got.ms)).toBe(printed)
  }
  f('0', 0, '0s')
  f('0s', 0)
  f('15s', 15_000)
  f('1h30m', 5_400_000)
  f('90m', 5_400_000, '1h30m')
  f('1d', 86_400_000)
  f('7d', 604_800_000, '1w')
  f('8d', 691_200_000)
  f('365d', 31_536_000_000, '1y')
  f('1y2w3d4h5m6s7ms', 33_019_506_007, '382d4h5m6s7ms')
  f('01h', 3_600_000, '1h')
  f('', 'empty duration string')
  f('5x', 'unknown unit "x" in duration "5x"')
  f('-1h', 'not a valid duration string: "-1h"')
  f('1m1h', 'not a valid duration string: "1m1h"')
  f('1h1h', 'not a valid duration string: "1h1h"')
  f('1', 'not a valid duration string: "1"')
  f('1.5h', 'unknown unit "." in duration "1.5h"')
  f('1h ', 'unknown unit "h " in duration "1h "')
  f('300y', 'duration out of range')
  f('99999999999999999999h', 'not a valid duration string: "99999999999999999999h"')
  f('00', 'not a valid duration string: "00"')
})

test('Go durations keep their own form', () => {
  const f = (text: string, want: number | string, printed = text) => {
    const got = parseGoDuration(text)
    expect('ns' in got ? got.ns : got.error).toBe(want)
    if ('ns' in got) expect(printGoDuration(got.ns)).toBe(printed)
  }
  f('0s', 0)
  f('5m0s', 3e11)
  f('1.5s', 1.5e9)
  f('90m', 5.4e12, '1h30m0s')
  f('1h0m0.5s', 3.6005e12)
  f('300µs', 3e5)
  f('1us', 1e3, '1µs')
  f('-2ms', -2e6)
  f('1.000001ms', 1_000_001)
  f('12ns', 12)
  f('5', 'time: missing unit in duration "5"')
  f('5x', 'time: unknown unit "x" in duration "5x"')
  f('1d', 'time: unknown unit "d" in duration "1d"')
  f('', 'time: invalid duration ""')
  f('-', 'time: invalid duration "-"')
  f('.s', 'time: invalid duration ".s"')
})

test('flags take days and weeks', () => {
  expect(parseGoDuration('1.5d', { isFlag: true })).toEqual({ ns: 1.296e14 })
  expect(parseGoDuration('-1w2h', { isFlag: true })).toEqual({ ns: -6.12e14 })
})

test('byte sizes are powers of two with a required unit', () => {
  const f = (text: string, want: number | string, printed = text) => {
    const got = parseBytes(text)
    expect('bytes' in got ? got.bytes : got.error).toBe(want)
    if ('bytes' in got) expect(printBytes(got.bytes)).toBe(printed)
  }
  f('0', 0, '0B')
  f('10MB', 10 * 2 ** 20, '10MiB')
  f('10MiB', 10 * 2 ** 20, '10MiB')
  f('1.5KB', 1536, '1KiB512B')
  f('1KB512B', 1536, '1KiB512B')
  f('-1B', -1)
  f('100', 'units: unknown unit  in 100')
  f('10XB', 'units: unknown unit XB in 10XB')
  f('', 'units: invalid ')
  f('KB', 'units: invalid KB')
})

test('names are checked and escaped by scheme, and come back', () => {
  expect(isValidMetricName('a:b_1', 'legacy')).toBe(true)
  expect(isValidMetricName('1a', 'legacy')).toBe(false)
  expect(isValidMetricName('a.b')).toBe(true)
  expect(isValidMetricName('')).toBe(false)
  expect(isValidMetricName('\ud800')).toBe(false)
  expect(isValidLabelName('a:b', 'legacy')).toBe(false)
  expect(isValidLabelName('a:b')).toBe(true)
  const f = (name: string, underscores: string, dots: string, values: string) => {
    expect(escapeName(name, 'underscores')).toBe(underscores)
    expect(escapeName(name, 'dots')).toBe(dots)
    expect(escapeName(name, 'values')).toBe(values)
    expect(unescapeName(values, 'values')).toBe(name)
    expect(escapeName(name, 'allow-utf-8')).toBe(name)
  }
  f('no:escaping_required', 'no:escaping_required', 'no:escaping__required', 'no:escaping_required')
  f(
    'mysystem.prod.west',
    'mysystem_prod_west',
    'mysystem_dot_prod_dot_west',
    'U__mysystem_2e_prod_2e_west',
  )
  f('label with 😱', 'label_with__', 'label__with____', 'U__label_20_with_20__1f631_')
  f('1a_b', '_a_b', '__a__b', 'U___31_a__b')
  expect(unescapeName('U__bad_zz_', 'values')).toBe('U__bad_zz_')
  expect(unescapeName('mysystem_dot_prod__west', 'dots')).toBe('mysystem.prod_west')
})

test('quotes as Go does', () => {
  expect(quoteGo('a"b\\\n\x00\x7f é\u200b')).toBe('"a\\"b\\\\\\n\\x00\\x7f é\\u200b"')
})

test('the stale marker survives in bits', () => {
  const column = new Float64Array([1, 2])
  const bits = new Uint32Array(column.buffer)
  setStaleBits(bits, 1)
  expect([isStaleBits(bits, 0), isStaleBits(bits, 1)]).toEqual([false, true])
  const view = new DataView(new ArrayBuffer(8))
  expect(isStaleAt(view, 0)).toBe(false)
  writeStaleAt(view, 0)
  expect(view.getBigUint64(0, true)).toBe(0x7ff0000000000002n)
  expect(isStaleAt(view, 0)).toBe(true)
})

test('times are read as seconds or RFC 3339', () => {
  expect(parseTime('1435781451.781')).toBe(1435781451781)
  expect(parseTime('2015-07-01T20:10:51.781Z')).toBe(1435781451781)
  expect(parseRfc3339('2015-07-01T22:10:51.7819+02:00')).toBe(1435781451781)
  expect(parseRfc3339('2015-02-30T00:00:00Z')).toBeUndefined()
  expect(parseRfc3339('2015-07-01')).toBeUndefined()
  expect(parseTime('NaN')).toBeUndefined()
  expect(printRfc3339(1435781451781)).toBe('2015-07-01T20:10:51.781Z')
  expect(printRfc3339(1435781450000)).toBe('2015-07-01T20:10:50Z')
  expect(printRfc3339(1435781451700)).toBe('2015-07-01T20:10:51.7Z')
  expect([1000, 1500, -1001, 7].map(printSeconds)).toEqual(['1', '1.5', '-1.001', '0.007'])
})

test('ULIDs carry their time and sort by it', () => {
  const ulid = createUlid(1469922850259, new Uint8Array(10).fill(255))
  expect(ulid).toBe('01ARZ3NDEKZZZZZZZZZZZZZZZZ')
  expect(ulidTime(ulid)).toBe(1469922850259)
  expect([isUlid(ulid), isUlid('wal'), isUlid('8ZZZZZZZZZZZZZZZZZZZZZZZZZ')]).toEqual([
    true,
    false,
    false,
  ])
})

test('plain names are exposed as they are, whatever the escaping', () => {
  for (const scheme of ['dots', 'underscores', 'values', 'allow-utf-8'] as const) {
    expect(exposeName('node_load1', scheme)).toBe('node_load1')
  }
  expect(exposeName('a.b_c', 'dots')).toBe('a_dot_b__c')
})
