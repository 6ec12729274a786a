import { Labels } from '@prom/labels'
import { labelHash } from './label-hash.ts'

test('labels hash as the original hashes them in memory', () => {
  const f = (labels: Record<string, string>, expected: bigint) =>
    expect(labelHash(Labels.from(labels))).toBe(expected)
  f({}, 0xef46db3751d8e999n)
  // One byte of length in front of each text, or 0xff and three bytes from 255 on.
  const long = 'x'.repeat(300)
  const wide = 'ä'.repeat(200)
  const hashes = [
    labelHash(Labels.from({ a: 'b' })),
    labelHash(Labels.from({ ab: '', a: 'b', c: 'd' })),
    labelHash(Labels.from({ a: long })),
    labelHash(Labels.from({ a: wide })),
  ]
  expect(new Set(hashes).size).toBe(4)
  expect(labelHash(Labels.from({ a: long }))).toBe(hashes[2])
  expect(labelHash(Labels.from({ a: wide }))).toBe(hashes[3])
})
