import { RefHashes } from './ref-hashes.ts'

const REGION = { address: 64, sizeBytes: 1 << 20 }

test('series that are gone make room, and the table does not grow for them', () => {
  let oldest = 0
  const refs = new RefHashes(new ArrayBuffer(2 << 20), REGION, (ref) => ref >= oldest)
  const before = refs.sizeBytes
  for (let ref = 1; ref <= 200_000; ref++) {
    oldest = ref - 1000
    refs.set(Math.imul(ref, 0x9e3779b1) >>> 0, ref, ref)
  }
  expect(refs.sizeBytes).toBe(before)
})

test('it grows with what is live, up to its region, and then starts over', () => {
  const refs = new RefHashes(new ArrayBuffer(2 << 20), REGION, () => true)
  const sizes = new Set<number>()
  for (let ref = 1; ref <= 30_000; ref++) {
    refs.set(Math.imul(ref, 0x9e3779b1) >>> 0, ref, ref)
    sizes.add(refs.sizeBytes)
    expect(refs.address + refs.sizeBytes).toBeLessThanOrEqual(64 + (1 << 20))
  }
  expect([...sizes]).toEqual([1, 2, 4, 8].map((times) => times * 65536))
  expect(refs.sizeBytes).toBeLessThan(8 * 65536)
})
