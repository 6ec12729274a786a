import snappyjs from 'snappyjs'
import {
  CompressError,
  compressGzip,
  compressSnappy,
  uncompressDeflate,
  uncompressGzip,
  uncompressSnappy,
  uncompressZstd,
} from './index.ts'

function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** Bytes with repeats near and far, as log records have. */
function sample(next: () => number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; ) {
    const run = 1 + Math.floor(next() * 90)
    const back = 1 + Math.floor(next() * next() * Math.min(i, 70000))
    const isCopy = i > 0 && next() < 0.6
    for (let k = 0; k < run && i < length; k++, i++) {
      bytes[i] = isCopy ? bytes[i - back]! : Math.floor(next() * 256)
    }
  }
  return bytes
}

describe('snappy', () => {
  test('what the kernel writes, kernel and twin read back', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const next = random(seed)
      const bytes = sample(next, Math.floor(next() * (seed % 50 === 0 ? 200_000 : 3000)))
      const packed = compressSnappy(bytes)
      expect(Buffer.compare(uncompressSnappy(packed), bytes)).toBe(0)
      expect(Buffer.compare(snappyjs.uncompress(packed), bytes)).toBe(0)
      expect(Buffer.compare(uncompressSnappy(snappyjs.compress(bytes)), bytes)).toBe(0)
    }
  })

  test('repetitive bytes get small', () => {
    expect(compressSnappy(new Uint8Array(100_000)).length).toBeLessThan(5000)
  })

  test('damaged blocks are refused or decode to the promised size', () => {
    for (let seed = 1; seed <= 3000; seed++) {
      const next = random(seed)
      const packed = compressSnappy(sample(next, 500))
      const bad = packed.slice(0, next() < 0.5 ? packed.length : Math.floor(next() * packed.length))
      for (let k = 0; k < 3 && bad.length > 3; k++) {
        bad[2 + Math.floor(next() * (bad.length - 2))] = Math.floor(next() * 256)
      }
      try {
        expect(uncompressSnappy(bad).length).toBe(500)
      } catch (err) {
        expect(err).toBeInstanceOf(CompressError)
      }
    }
  })

  test('a bomb is refused before it is unpacked', () => {
    const packed = compressSnappy(new Uint8Array(1_000_000))
    expect(() => uncompressSnappy(packed, 999_999)).toThrow('too large')
    expect(() => uncompressSnappy(new Uint8Array([255, 255, 255, 255, 255, 1]))).toThrow(
      CompressError,
    )
    expect(() => uncompressSnappy(new Uint8Array(0))).toThrow(CompressError)
  })
})

test('gzip has a limit and names its errors', () => {
  const packed = compressGzip(new Uint8Array(100_000))
  expect(uncompressGzip(packed, 100_000).length).toBe(100_000)
  expect(() => uncompressGzip(packed, 99_999)).toThrow('too large')
  expect(() => uncompressGzip(new Uint8Array([1, 2, 3]), 10)).toThrow(CompressError)
  expect(() => uncompressDeflate(new Uint8Array([1, 2, 3]), 10)).toThrow(CompressError)
})

test('zstd frames are read', () => {
  const hex = '28b52ffd200529000068656c6c6f'
  const frame = Buffer.from(hex, 'hex')
  expect(Buffer.from(uncompressZstd(frame)).toString()).toBe('hello')
  expect(() => uncompressZstd(new Uint8Array([1, 2, 3, 4]))).toThrow(CompressError)
})

test('zstd that would grow beyond the limit is refused before it does', () => {
  const f = (hex: string, max: number) =>
    expect(() => uncompressZstd(Buffer.from(hex, 'hex'), max)).toThrow('content is too large')
  f('28b52ffd200529000068656c6c6f', 4) // Says 5 bytes.
  f('28b52ffd005803000861', 1000) // One byte 65536 times, without saying it.
  f('28b52ffdc0b8ffffffffffff7f01010000', 1 << 20) // Says more than there is memory.
})

test('zstd frames one behind the other are one text, and cut ones are refused', () => {
  const hello = '28b52ffd200529000068656c6c6f'
  const skipped = '502a4d180200000000ff'
  const read = (hex: string) => Buffer.from(uncompressZstd(Buffer.from(hex, 'hex'))).toString()
  expect(read(hello + skipped + hello)).toBe('hellohello')
  expect(() => read(hello.slice(0, -2))).toThrow(CompressError)
})
