import { gzipSync } from 'node:zlib'
import { seededRandom } from '@prom/testkit'
import { DirectGunzip } from './gunzip.ts'

const text = Buffer.from('some_metric_total{path="/a"} 12345\n'.repeat(5000))

test('unpacks again and again, into shared memory too', () => {
  const gunzip = new DirectGunzip()
  const to = Buffer.from(new SharedArrayBuffer(1 << 20))
  for (const length of [0, 1, 100, 10_000, text.length]) {
    const part = text.subarray(0, length)
    expect(gunzip.unpack(gzipSync(part), to)).toBe(length)
    expect(to.subarray(0, length).equals(part)).toBe(true)
  }
  // Several members are one body.
  const two = Buffer.concat([gzipSync('abc'), gzipSync('def')])
  expect(gunzip.unpack(two, to)).toBe(6)
  expect(to.toString('latin1', 0, 6)).toBe('abcdef')
})

test('what is damaged, cut short or too large is left to others, and the next is fine', () => {
  const gunzip = new DirectGunzip()
  const to = Buffer.alloc(text.length + 1)
  const packed = gzipSync(text)
  const random = seededRandom(5)
  for (let round = 0; round < 300; round++) {
    const bad = Buffer.from(packed.subarray(0, 1 + Math.floor(random.next() * packed.length)))
    const at = Math.floor(random.next() * bad.length)
    bad.writeUInt8(bad.readUInt8(at) ^ (1 << Math.floor(random.next() * 8)), at)
    const size = gunzip.unpack(bad, to)
    if (size >= 0) expect(to.subarray(0, size).equals(text)).toBe(true) // A flag of the header, the time.
    expect(gunzip.unpack(packed, to)).toBe(text.length)
  }
  expect(gunzip.unpack(packed, Buffer.alloc(100))).toBe(-1)
  expect(gunzip.unpack(packed, Buffer.alloc(text.length))).toBe(-1)
  expect(gunzip.unpack(packed.subarray(0, -4), to)).toBe(-1)
  expect(gunzip.unpack(Buffer.alloc(0), to)).toBe(-1)
  expect(gunzip.unpack(packed, to)).toBe(text.length)
})
