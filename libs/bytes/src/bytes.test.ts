import { crc32c, decodeUtf8, encodeUtf8, Reader, utf8Length, Writer, xxhash64 } from './index.ts'
import { xxhash64 as defined } from './testing/xxhash64-bigint.ts'

describe('writer and reader', () => {
  test('varints come back at the edges of every size', () => {
    const values = [
      0,
      1,
      -1,
      63,
      -64,
      64,
      127,
      128,
      2 ** 30,
      -(2 ** 30),
      2 ** 31,
      2 ** 32,
      -(2 ** 32),
    ]
    values.push(2 ** 53 - 1, -(2 ** 53 - 1), -(2 ** 63), 2 ** 52, -(2 ** 52) - 1)
    const writer = new Writer(1)
    for (const value of values) writer.varint(value)
    for (const value of values) if (value >= 0) writer.uvarint(value)
    const reader = new Reader(writer.bytes())
    for (const value of values) expect(reader.varint()).toBe(value)
    for (const value of values) if (value >= 0) expect(reader.uvarint()).toBe(value)
    expect(reader.left).toBe(0)
    expect(reader.failed).toBe(false)
  })

  test('varint bytes are those of the format', () => {
    const f = (value: number, hex: string) => {
      const writer = new Writer()
      writer.varint(value)
      expect(Buffer.from(writer.bytes()).toString('hex')).toBe(hex)
    }
    f(0, '00')
    f(-1, '01')
    f(1, '02')
    f(-65, '8101')
    f(-(2 ** 63), 'ffffffffffffffffff01')
  })

  test('fixed widths are big endian and signed where said', () => {
    const writer = new Writer()
    writer.u16(0x0102)
    writer.u64(-2)
    writer.u64(2 ** 40 + 1)
    writer.f64Bits(0x7ff00000, 2)
    expect(Buffer.from(writer.bytes()).toString('hex')).toBe(
      '0102fffffffffffffffe00000100000000017ff0000000000002',
    )
    const reader = new Reader(writer.take(), 2)
    expect(reader.i64()).toBe(-2)
    expect(reader.u64()).toBe(2 ** 40 + 1)
    expect(reader.f64()).toBeNaN()
  })

  test('reading past the end fails for good', () => {
    const reader = new Reader(new Uint8Array([0x85]))
    expect(reader.uvarint()).toBe(0)
    expect(reader.failed).toBe(true)
    expect(reader.u8()).toBe(0)
    expect(reader.left).toBe(0)
    const endless = new Reader(new Uint8Array(12).fill(0xff))
    endless.uvarint()
    expect(endless.failed).toBe(true)
  })

  test('strings keep every character', () => {
    const f = (text: string) => {
      const writer = new Writer(1)
      writer.string(text)
      expect(utf8Length(text)).toBe(encodeUtf8(text).length)
      expect(new Reader(writer.bytes()).string()).toBe(text)
    }
    f('')
    f('node_cpu_seconds_total')
    f('żółw \u{1f422} and a longer tail than twenty-four bytes')
    f('\ufeffx')
    expect(decodeUtf8(new Uint8Array([0xff]))).toBe('\ufffd')
  })
})

test('crc32c knows its check value and can be continued', () => {
  const bytes = encodeUtf8('123456789')
  expect(crc32c(bytes)).toBe(0xe3069283)
  expect(crc32c(bytes.subarray(4), crc32c(bytes.subarray(0, 4)))).toBe(0xe3069283)
})

test('xxhash64 knows its published values', () => {
  const f = (text: string, hash: bigint) => expect(xxhash64(encodeUtf8(text))).toBe(hash)
  f('', 0xef46db3751d8e999n)
  f('a', 0xd24ec4f1a98c6e5bn)
  f('Nobody inspects the spammish repetition', 0xfbcea83c8a378bf1n)
})

test('xxhash64 is the same as its definition in big integers, for every length', () => {
  for (let length = 0; length < 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 131 + length * 17) ^ (i >> 3))
    expect(xxhash64(bytes)).toBe(defined(bytes))
  }
})
