import { Writer } from '@prom/bytes'
import { instantiateKernels, KERNEL_DATA_BYTES } from '@prom/kernels'
import { seededRandom } from '@prom/testkit'
import { filterSamples } from './checkpoint.ts'

test('the kernel that filters samples agrees with its plain twin on random, cut and flipped records', () => {
  const random = seededRandom(11)
  const kernels = instantiateKernels()
  const memory = new Uint8Array(kernels.memory.buffer)
  const source = KERNEL_DATA_BYTES
  const target = source + (1 << 20)
  let kept = 0
  let damaged = 0
  for (let round = 0; round < 400; round++) {
    const writer = new Writer(1024)
    writer.u8(2)
    const firstRef = 1 + Math.floor(random.next() * 1e6)
    const firstTime = Math.floor(random.next() * 2e12) - 2e11
    writer.u64(firstRef)
    writer.u64(firstTime)
    for (let i = Math.floor(random.next() * 40); i >= 0; i--) {
      writer.varint(Math.floor(random.next() * 2000) - Math.min(firstRef - 1, 1000))
      writer.varint(Math.floor(random.next() * 200_000) - 100_000)
      writer.f64(random.next())
    }
    let record = writer.take()
    const chance = random.next()
    if (chance < 0.2) record = record.slice(0, 1 + Math.floor(random.next() * record.length))
    else if (chance < 0.3) {
      // Flags of varints, so that numbers run into each other.
      const at = 17 + Math.floor(random.next() * (record.length - 17))
      record[at] = record[at]! ^ 0x80
    }
    const mint = firstTime + Math.floor(random.next() * 100_000) - 50_000
    memory.set(record, source)
    const size = kernels.exports.filterSamples(source, record.length, mint, target)
    const plain = filterSamples(record, mint)
    if (size < 0) {
      damaged++
      expect(plain).toBeUndefined()
      continue
    }
    const bytes = size === 0 ? Uint8Array.of(2) : memory.slice(target, target + size)
    expect(Buffer.from(bytes).toString('hex')).toBe(Buffer.from(plain ?? []).toString('hex'))
    if (size > 0) kept++
  }
  expect(kept).toBeGreaterThan(100)
  expect(damaged).toBeGreaterThan(20)
})
