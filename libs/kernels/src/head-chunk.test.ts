import { crc32c, Writer } from '@prom/bytes'
import { seededRandom } from '@prom/testkit'
import { instantiateKernels, KERNEL_DATA_BYTES } from './kernels.ts'

const SEGMENT = 64
const TARGET = KERNEL_DATA_BYTES + (1 << 20)

test('a chunk of the head is written as head chunk files have it, whatever its size and times', () => {
  const { memory, exports } = instantiateKernels()
  const bytes = new Uint8Array(memory.buffer)
  const view = new DataView(memory.buffer)
  const random = seededRandom(7)
  for (let round = 0; round < 300; round++) {
    const size = round < 150 ? round : Math.floor(random.next() * 40_000)
    const stream = random.bytes(size)
    const chunk = KERNEL_DATA_BYTES
    const mint = Math.floor((random.next() - 0.5) * 2 ** 53)
    const maxt = mint + Math.floor(random.next() * 2 ** 40)
    const count = Math.floor(random.next() * 65536)
    const ref = Math.floor(random.next() * 2 ** 40)
    const flags = round % 2 === 0 ? 0 : 0x80
    bytes.fill(0, chunk, chunk + SEGMENT)
    view.setFloat64(chunk + 8, mint, true)
    view.setFloat64(chunk + 16, maxt, true)
    view.setUint16(chunk + 24, count, true)
    view.setUint16(chunk + 26, size, true)
    view.setUint32(chunk + 28, 0x102, true) // Encoding 2, and a flag of the head's own.
    bytes.set(stream.subarray(0, 24), chunk + 40)
    for (let done = 24, at = chunk; done < size; done += 60) {
      view.setUint32(at, at + SEGMENT, true)
      at += SEGMENT
      view.setUint32(at, 0, true)
      bytes.set(stream.subarray(done, done + 60), at + 4)
    }
    const length = exports.writeHeadChunk(TARGET, chunk, ref, flags)
    expect(Buffer.from(bytes.slice(TARGET, TARGET + length)).equals(twin())).toBe(true)

    function twin(): Uint8Array {
      const writer = new Writer(64)
      writer.u64(ref)
      writer.u64(mint)
      writer.u64(maxt)
      writer.u8(2 | flags)
      writer.uvarint(size + 2)
      writer.u16(count)
      writer.raw(stream)
      writer.u32(crc32c(writer.bytes()))
      return writer.take()
    }
  }
})
